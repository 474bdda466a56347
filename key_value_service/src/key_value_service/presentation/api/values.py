"""Values in JSON: an object has the member `value` with any JSON or, in its place, `binary` with bytes and their media type."""

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from key_value_service.domain.value_objects.value import MAX_BYTES, MAX_MEDIA_TYPE, MEDIA_TYPE_PATTERN, Binary, Value, make_binary
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.body import Body

_MEMBERS = ("media_type", "base64")


class BinaryValue(BaseModel):
    """A value of bytes."""

    media_type: str = Field(
        description="Media type (RFC 9110, section 8.3.1), as it was written; not `application/json` and none of a form",
        examples=["image/png"],
        json_schema_extra={"maxLength": MAX_MEDIA_TYPE, "pattern": MEDIA_TYPE_PATTERN},
    )
    base64: str = Field(
        description="Up to 1 MiB of bytes in base64 (RFC 4648, section 4), with its padding",
        examples=["iVBORw0KGgo="],
        json_schema_extra={
            "contentEncoding": "base64",
            "maxLength": 4 * (MAX_BYTES // 3 + 1),
            "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$",
        },
    )


BINARY: JsonDict = BinaryValue.model_json_schema() | {"additionalProperties": False}

ShownBinary = Annotated[
    BinaryValue,
    Field(default_factory=lambda: BinaryValue(media_type="", base64=""), description="If it is bytes; then there is no `value`"),
]
"""The member `binary` of a response."""


def _describe_choice(schema: dict[str, Any], model: type["ValueBody"]) -> None:
    schema |= {"additionalProperties": False, "oneOf": [{"required": [model.json_member]}, {"required": ["binary"]}]}


class ValueBody(Body):
    """Base class of bodies with a value: JSON in the member that `json_member` names or, in its place, bytes in `binary`."""

    model_config = ConfigDict(json_schema_extra=_describe_choice)
    json_member: ClassVar[str] = "value"

    binary: Any = Field(default_factory=lambda: None, description="A value of bytes", json_schema_extra=BINARY)

    def find_missing(self) -> Iterator[str]:
        """Yield the member for JSON where there is none of the two."""
        if not self.model_fields_set & {self.json_member, "binary"}:
            yield self.json_member

    def read_value(self, field: str = "") -> Any:
        """Return what the member for JSON has, or the Binary. `field`: path of the body, with a dot. Raises RulesBrokenError."""
        given = self.model_fields_set
        if "binary" not in given:
            if self.json_member not in given:
                raise RulesBrokenError([Violation(field + self.json_member, "missing", "Field required.")])
            return getattr(self, self.json_member)
        if self.json_member in given:
            message = f"There must be `{self.json_member}` for JSON or `binary` for bytes, not both."
            raise RulesBrokenError([Violation(f"{field}binary", "one_of", message)])
        return read_binary(self.binary, f"{field}binary")


def render_value(value: Value) -> str:
    """Return the member that has the value, for the caller to enclose with others."""
    return f'"value":{value}' if isinstance(value, str) else f'"binary":{render_binary(value)}'


def render_binary(value: Binary) -> str:
    """Return the JSON text of a value of bytes."""
    return f'{{"media_type":{encode_basestring(value.media_type)},"base64":"{b64encode(value.content).decode()}"}}'


def read_binaries(documents: Mapping[str, object], field: str = "binary") -> dict[str, Binary]:
    """Return the values of bytes, by key, of a member that has several. Raises RulesBrokenError."""
    violations: list[Violation] = []
    binaries = {}
    for key, document in documents.items():
        try:
            binaries[key] = read_binary(document, f"{field}.{key}")
        except RulesBrokenError as error:
            violations += error.violations
    if violations:
        raise RulesBrokenError(violations)
    return binaries


def read_binary(document: object, field: str) -> Binary:
    """Return the value of bytes that a member with that path has, parsed JSON. Raises RulesBrokenError."""
    if not isinstance(document, dict):
        raise RulesBrokenError([Violation(field, "dict_type", "Input should be an object with `media_type` and `base64`.")])
    broken = list(_find_broken_members(document, field))
    if broken:
        raise RulesBrokenError(broken)
    content_field = f"{field}.base64"
    try:
        content = a2b_base64(document["base64"], strict_mode=True)
    except ValueError:
        message = "Bytes must be in base64 (RFC 4648, section 4), with its padding and nothing else."
        raise RulesBrokenError([Violation(content_field, "encoding", message)]) from None
    return make_binary(document["media_type"], content, f"{field}.media_type", content_field)


def _find_broken_members(document: Mapping[str, object], field: str) -> Iterator[Violation]:
    for name in _MEMBERS:
        if name not in document:
            yield Violation(f"{field}.{name}", "missing", "Field required.")
        elif not isinstance(document[name], str):
            yield Violation(f"{field}.{name}", "string_type", "Input should be a valid string.")
    for name in document:
        if name not in _MEMBERS:
            yield Violation(f"{field}.{name}", "extra_forbidden", "There is no such field.")
