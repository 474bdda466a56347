"""JSON schemas in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from documentation.markdown import escape, join, make_code, make_json, make_table

Schema = Mapping[str, Any]

_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
}


def describe_schema(schema: Schema) -> str:
    """Return a table of an object's members; of another schema, its type and rules."""
    required = set(schema.get("required", ()))
    members = [
        (
            make_code(name),
            describe_type(member),
            "yes" if name in required else "",
            " ".join(part for part in (escape(member.get("description", "")), describe_rules(member)) if part),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    kind = "" if members else f"{describe_type(schema)} {describe_rules(schema)}".strip()
    example = next(iter(schema.get("examples", [])), None)
    return join(
        escape(schema.get("description", "")),
        kind,
        make_table(("member", "type", "always" if members else "", "meaning"), members),
        "" if example is None else make_json(example),
    )


def describe_type(schema: Schema) -> str:
    """Return what kind of value it is, with links to the schemas that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for way in ("anyOf", "oneOf", "allOf"):
        if way in schema:
            return " or ".join(dict.fromkeys(map(describe_type, schema[way])))
    kind = schema.get("type", "any JSON value")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {describe_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {describe_type(schema['additionalProperties'])}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def describe_rules(schema: Schema) -> str:
    """Return the rules of a value: its limits, pattern, choices and default."""
    rules = "; ".join(_list_rules(schema))
    return f"{rules[0].upper()}{rules[1:]}." if rules else ""


def _list_rules(schema: Schema) -> Iterator[str]:
    for alternative in (schema, *(each for each in schema.get("anyOf", ()) if each.get("type") != "null")):
        for name, words in _LIMITS.items():
            if name in alternative:
                yield words.format(alternative[name])
        if "pattern" in alternative:
            yield f"pattern {make_code(alternative['pattern'])}"
        if "enum" in alternative:
            yield f"one of {', '.join(make_code(str(choice)) for choice in alternative['enum'])}"
        if "const" in alternative:
            yield f"always {make_code(str(alternative['const']))}"
    if schema.get("default") is not None:
        yield f"default {make_code(str(schema['default']))}"
