"""Request bodies: parsed once, by pydantic-core."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, PrivateAttr, RootModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from shared_kernel.domain.json_values import MAX_DIGITS
from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken
from shared_kernel.presentation.http.routing.errors import MalformedBodyError

MAX_FORM_FIELDS = 50
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors and programs begin a text in UTF-8 with. A parser may ignore it (RFC 8259, section 8.1)."""

# What is valid JSON and still rejected by pydantic-core's parser: its message, and our rule and message.
_PARSER_LIMITS = {
    "recursion limit exceeded": ("levels", "is nested too deeply"),
    "number out of range": ("integer_range", f"has an integer of more than {MAX_DIGITS} digits"),
}

# pydantic's errors for a discriminator that is unknown or missing, and the errors and messages it has elsewhere: its own message
# would contain what the client sent.
_DISCRIMINATOR_ERRORS = {
    "union_tag_invalid": ("literal_error", "Input should be {expected_tags}"),
    "union_tag_not_found": ("missing", "Field required"),
}


class Body(BaseModel):
    """Base class of JSON bodies: exact types and no unknown members.

    pydantic is configured to accept these, and BodyParser rejects them: pydantic would make an error of each, and a body may have
    a million.
    """

    model_config = ConfigDict(extra="allow", strict=True, json_schema_extra={"additionalProperties": False})

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    """Media types that the body may be announced with: JSON, or a type of JSON documents."""
    may_be_left_out: ClassVar[bool] = True
    """Whether a request may have no body if all members are optional."""

    def find_missing(self) -> Iterable[str]:
        """Return the members without which the body means nothing, although each of them may be left out for another."""
        return ()


class JsonBody(RootModel[Any]):
    """A body that may be any JSON; `root` is its value."""

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)


class JsonOrBytesBody(JsonBody):
    """A body that may be any JSON or, announced with another Content-Type, bytes.

    `root` has the parsed JSON or the bytes; `content_type` is the field that these came with, None for JSON. Forms are rejected:
    programs send them by default, with what is no form.
    """

    rejected_types: ClassVar[tuple[str, ...]] = ("application/x-www-form-urlencoded", "multipart/form-data")
    replaced_by: ClassVar[str | None] = None
    """A parameter of the operation with which a request has no body: `root` is then None."""
    _content_type: str | None = PrivateAttr(None)

    @property
    def content_type(self) -> str | None:
        """The field of bytes, as it was sent."""
        return self._content_type

    @content_type.setter
    def content_type(self, content_type: str) -> None:
        self._content_type = content_type


class FormBody(BaseModel):
    """Base class of forms (application/x-www-form-urlencoded): each field may be given once; unknown ones are ignored.

    As RFC 6749, section 3.2, requires. A field without a value counts as absent.
    """


class BodyParser:
    """Parses and validates the text of a body, by pydantic-core and in one pass."""

    def __init__(self, model: type[Body | JsonBody]) -> None:
        self.media_types = model.media_types
        are_optional = not any(field.is_required() for field in model.model_fields.values())
        self.is_optional = issubclass(model, Body) and model.may_be_left_out and are_optional
        self.all_but, self.replaced_by = (
            (model.rejected_types, model.replaced_by) if issubclass(model, JsonOrBytesBody) else ((), None)
        )
        self._validate_json = model.__pydantic_validator__.validate_json
        self._names = frozenset(field.alias or name for name, field in model.model_fields.items())

    def parse(self, text: bytes | bytearray) -> Body | JsonBody:
        """Return the parsed body; no text is one without members where all are optional.

        Raises MalformedBodyError or RulesBrokenError.
        """
        try:
            body: Body | JsonBody = self._validate_json(text)
        except ValidationError as error:
            if text.startswith(BYTE_ORDER_MARK):
                return self._parse_behind_mark(text.removeprefix(BYTE_ORDER_MARK))
            if not text and self.is_optional:
                return self.parse(b"{}")
            raise self._explain(error, text) from None
        if body.__pydantic_extra__:
            raise RulesBrokenError(find_misnamed_members(body))
        return body

    def _parse_behind_mark(self, text: bytes | bytearray) -> Body | JsonBody:
        if text.startswith(BYTE_ORDER_MARK):
            raise MalformedBodyError("The body is not JSON: it begins with two byte order marks.")
        return self.parse(text)

    def _explain(self, error: ValidationError, text: bytes | bytearray) -> Exception:
        # `include_input` is off: what a client has sent may be a password, which must not appear in messages.
        problems = error.errors(include_url=False, include_context=True, include_input=False)
        first = problems[0]
        if first["type"] == "json_invalid":
            reason = str(first["ctx"]["error"])
            for words, (rule, message) in _PARSER_LIMITS.items():
                if reason.startswith(words):
                    return RulesBrokenError([Violation("body", rule, f"The body {message}.")])
            return MalformedBodyError(f"The body is not JSON: {reason}.")
        members = from_json(text)
        unknown = [name for name in members if name not in self._names] if isinstance(members, dict) else []
        broken = (_explain_in(members, problem) for problem in problems)
        return RulesBrokenError(chain(broken, _reject_members(unknown)))


def find_misnamed_members(body: Body, field: str = "") -> Iterator[Violation]:
    """Yield the members of a body that are missing, and those that there are not. `field`: path of the body, with a dot.

    A BodyParser has checked the latter of a whole body already, but not those of bodies in it.
    """
    for name in body.find_missing():
        yield Violation(field + name, "missing", "Field required.")
    for name in body.__pydantic_extra__ or ():
        yield Violation(field + name, "extra_forbidden", "There is no such field.")


class FormParser:
    """Parses and validates the text of a form."""

    media_types = ("application/x-www-form-urlencoded",)
    is_optional = False
    all_but = ()
    replaced_by = None

    def __init__(self, model: type[FormBody]) -> None:
        self._validate = model.model_validate
        self._names = model.model_fields.keys()

    def parse(self, text: bytes | bytearray) -> FormBody:
        """Return the parsed form. Raises MalformedBodyError or RulesBrokenError."""
        try:
            pairs = parse_qsl(text.decode("ascii"), errors="strict", max_num_fields=MAX_FORM_FIELDS)
        except UnicodeDecodeError:
            raise MalformedBodyError("The form is not percent-encoded UTF-8.") from None
        except ValueError:
            raise MalformedBodyError(f"The form has more than {MAX_FORM_FIELDS} fields.") from None
        fields = dict(pairs)
        if len(fields) < len(pairs):
            names = [name for name, _ in pairs]
            repeated = [name for name in self._names & fields.keys() if names.count(name) > 1]
            refuse_if_broken(Violation(name, "unique", "A field may be given once.") for name in sorted(repeated))
        try:
            return self._validate(fields)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            raise RulesBrokenError(
                Violation(_name_field(problem["loc"]), problem["type"], problem["msg"] + ".") for problem in problems
            ) from None


def describe_form(model: type[FormBody]) -> dict[str, Any]:
    """Return the JSON schema of a form's fields: a form has no null, and an empty field counts as absent."""
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        for kind in field.pop("anyOf", ()):
            field.update(kind if kind != {"type": "null"} else {})
        if name in schema.get("required", ()):
            field.setdefault("minLength", 1)
        elif field.get("default", ...) is None:
            del field["default"]
    return schema


def _reject_members(names: Iterable[str]) -> Iterator[Violation]:
    return (Violation(name, "extra_forbidden", "There is no such field.") for name in names)


def _explain_in(document: Any, problem: ErrorDetails) -> Violation:
    """Return the violation with the field's path in the document: pydantic's has the names of chosen models in it, too."""
    names: list[str] = []
    at: Any = document
    *way, last = problem["loc"] or ("body",)
    for part in way:
        if isinstance(at, dict) and part not in at:
            continue  # the name of a chosen model
        names.append(str(part))
        at = at[part]
    names.append(str(last))
    kind, message = problem["type"], problem["msg"]
    if kind in _DISCRIMINATOR_ERRORS:
        names.append(problem["ctx"]["discriminator"].strip("'"))
        kind, message = _DISCRIMINATOR_ERRORS[kind]
        message = message.format_map(problem["ctx"])
    return Violation(".".join(names), kind, message + ".")


def _name_field(location: tuple[int | str, ...]) -> str:
    """Return a field's name as in problems: `keys.3`, `data.user:1`; `body` for the whole document."""
    return ".".join(str(part) for part in location) or "body"
