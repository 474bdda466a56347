"""The pages of the HTTP interfaces, from the OpenAPI document of each service."""

from collections.abc import Iterator, Mapping
from typing import Any

from authorization_service.composition.service import create_service as create_authorization_service
from authorization_service.config import Settings as AuthorizationSettings
from documentation.markdown import escape, join, make_code, make_json, make_table
from documentation.schemas import describe_rules, describe_schema, describe_type
from key_value_service.composition import create_service as create_key_value_service
from key_value_service.config import Settings as KeyValueSettings

_COMMON = {"X-Request-ID", "Access-Control-Expose-Headers", "Vary"}
"""Fields of all responses."""


def describe_services() -> dict[str, str]:
    """Return the page of each service, by its short name."""
    authorization = create_authorization_service(AuthorizationSettings()).document
    key_value = create_key_value_service(KeyValueSettings()).document
    return {
        "authorization": _describe("HTTP interface of the authorization service", authorization, "../api_authorization.md"),
        "key_value": _describe("HTTP interface of the key-value service", key_value, "../api_key_value.md"),
    }


def _describe(title: str, document: Mapping[str, Any], guide: str) -> str:
    operations: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            operations.setdefault(tag, []).append(_describe_operation(method, path, operation))
    schemas = document["components"]["schemas"]
    return join(
        f"# {title}",
        escape(document["info"]["description"]),
        f"Generated from the OpenAPI document, which the service itself serves at `/openapi.json`, and shows at `/docs`."
        f" [The guide]({guide}) explains the operations; what holds for all of them is in [The HTTP interface](../api.md).",
        *(part for tag, sections in operations.items() for part in (f"## {tag.capitalize()}", *sections)),
        "## Schemas",
        *(join(f"### {name}", describe_schema(schema)) for name, schema in sorted(schemas.items())),
    )


def _describe_operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parameters = [
        (
            make_code(parameter["name"]),
            parameter["in"],
            describe_type(parameter.get("schema", {})),
            "yes" if parameter.get("required") else "",
            _put_together(escape(parameter.get("description", "")), describe_rules(parameter.get("schema", {}))),
        )
        for parameter in operation.get("parameters", [])
    ]
    needs_token = "Needs an access token." if operation.get("security") else ""
    return join(
        f"### `{method.upper()} {path}`",
        _put_together(escape(operation.get("description") or operation.get("summary", "")), needs_token),
        make_table(("parameter", "in", "type", "required", "meaning"), parameters),
        *_describe_body(operation.get("requestBody", {})),
        make_table(("status", "", "body", "fields"), _list_responses(operation["responses"])),
    )


def _describe_body(body: Mapping[str, Any]) -> Iterator[str]:
    for media_type, content in body.get("content", {}).items():
        yield f"Body, {make_code(media_type)}: {describe_type(content.get('schema', {}))}"
        examples = content.get("examples") or {}
        example = next((each["value"] for each in examples.values() if "value" in each), content.get("example"))
        if example is not None:
            yield make_json(example)


def _list_responses(responses: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for status, response in responses.items():
        bodies = [
            describe_type(content["schema"]) if content.get("schema") else make_code(media_type)
            for media_type, content in response.get("content", {}).items()
        ]
        fields = sorted(set(response.get("headers", {})) - _COMMON)
        yield status, escape(response.get("description", "")), ", ".join(dict.fromkeys(bodies)), ", ".join(map(make_code, fields))


def _put_together(*texts: str) -> str:
    return " ".join(text for text in texts if text)
