"""Checking and parsing a request's body: its announcement before it is read, its text once, by pydantic-core."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from email.message import Message
from functools import lru_cache
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken
from shared_kernel.presentation.http.routing.problems import (
    BodyTooLargeError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)

MAX_FORM_FIELDS = 50

# Documents that are JSON by its grammar and that pydantic-core's parser still refuses: its words, and our rule for them.
_BEYOND_THE_PARSER = {
    "recursion limit exceeded": ("levels", "is nested too deeply"),
    "number out of range": ("integer_range", "has an integer beyond 64 bits"),
}

# What pydantic calls it when a member that chooses what the others must be is unknown or not there, and what it calls that
# elsewhere. Its own message would have what the client sent.
_NOTHING_CHOSEN = {
    "union_tag_invalid": ("literal_error", "Input should be {expected_tags}"),
    "union_tag_not_found": ("missing", "Field required"),
}


class Body(BaseModel):
    """What the JSON of a request must be: exact types and, though pydantic is told to let them in, no unknown members.

    pydantic would make an error of each unknown member, and a body may have a million of them.
    """

    model_config = ConfigDict(extra="allow", strict=True, json_schema_extra={"additionalProperties": False})

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    """What the body may be announced as: JSON, by this name or by that of a kind of documents in it."""


class JsonBody(RootModel[Any]):
    """A body that may be any JSON: `root` is what it has been parsed to."""

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)


class FormBody(BaseModel):
    """What the fields of a form must be (application/x-www-form-urlencoded), each given once; others are ignored.

    That is what RFC 6749, section 3.2, asks for. A field without a value counts as not given.
    """


def _refuse_other_media_types(headers: Mapping[bytes, bytes], media_types: tuple[str, ...], codings: Collection[bytes]) -> None:
    coding = headers.get(b"content-encoding", b"identity").lower()
    if coding != b"identity" and coding not in codings:
        accepted = b" or ".join(codings).decode()
        raise UnsupportedMediaTypeError(
            f"A body with a Content-Encoding{accepted and ' other than ' + accepted} is not accepted."
        )
    content_type = headers.get(b"content-type", b"")
    parsed = Message()
    parsed["content-type"] = content_type.decode("latin-1")
    charset = str(parsed.get_param("charset", "utf-8")).lower()
    if not content_type or parsed.get_content_type() not in media_types or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaTypeError(f"The body must be sent with Content-Type: {' or '.join(media_types)}, in UTF-8.")


@lru_cache
def _encode(media_types: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset(media_type.encode() for media_type in media_types)


def check_announced_body(
    headers: Mapping[bytes, bytes], limit: int, media_types: tuple[str, ...], codings: Collection[bytes] = ()
) -> None:
    """Raise UnsupportedMediaTypeError unless the body is announced as of one of these types, BodyTooLargeError if as too long.

    Whoever asks before it sends (Expect: 100-continue) hears of it without sending.
    """
    if headers.get(b"content-type") not in _encode(media_types) or b"content-encoding" in headers:
        _refuse_other_media_types(headers, media_types, codings)
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLargeError(f"The body is longer than {limit} bytes.")


class BodyParser:
    """Turns the text of a body into its model, by pydantic-core and in one go."""

    def __init__(self, model: type[Body | JsonBody]) -> None:
        self.media_types = model.media_types
        self._validate_json = model.__pydantic_validator__.validate_json
        self._names = frozenset(field.alias or name for name, field in model.model_fields.items())

    def parse(self, text: bytes) -> Body | JsonBody:
        """Return what the model makes of the text. Raises MalformedBodyError or RulesBrokenError."""
        try:
            body: Body | JsonBody = self._validate_json(text)
        except ValidationError as error:
            raise self._explain(error, text) from None
        if body.__pydantic_extra__:
            raise RulesBrokenError(_refuse_members(body.__pydantic_extra__))
        return body

    def _explain(self, error: ValidationError, text: bytes) -> Exception:
        # `include_input` is off: what a client sent may be a password and has no place in messages.
        problems = error.errors(include_url=False, include_context=True, include_input=False)
        first = problems[0]
        if first["type"] == "json_invalid":
            reason = str(first["ctx"]["error"])
            for words, (rule, message) in _BEYOND_THE_PARSER.items():
                if reason.startswith(words):
                    return RulesBrokenError([Violation("body", rule, f"The body {message}.")])
            return MalformedBodyError(f"The body is not JSON: {reason}.")
        members = from_json(text)
        unknown = [name for name in members if name not in self._names] if isinstance(members, dict) else []
        broken = (_explain_in(members, problem) for problem in problems)
        return RulesBrokenError(chain(broken, _refuse_members(unknown)))


class FormParser:
    """Turns the text of a form into its model."""

    media_types = ("application/x-www-form-urlencoded",)

    def __init__(self, model: type[FormBody]) -> None:
        self._validate = model.model_validate
        self._names = model.model_fields.keys()

    def parse(self, text: bytes) -> FormBody:
        """Return what the model makes of the form. Raises MalformedBodyError or RulesBrokenError."""
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
    """Return the JSON schema of a form's fields: a form has no null, and an empty field is none."""
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        for kind in field.pop("anyOf", ()):
            field.update(kind if kind != {"type": "null"} else {})
        if name in schema.get("required", ()):
            field.setdefault("minLength", 1)
        elif field.get("default", ...) is None:
            del field["default"]
    return schema


def _refuse_members(names: Iterable[str]) -> Iterator[Violation]:
    return (Violation(name, "extra_forbidden", "There is no such field.") for name in names)


def _explain_in(document: Any, problem: ErrorDetails) -> Violation:
    """Return what is wrong with a document, with the field named as in there: pydantic adds the names of models it chose."""
    names: list[str] = []
    at: Any = document
    *way, last = problem["loc"] or ("body",)
    for part in way:
        if isinstance(at, dict) and part not in at:
            continue  # the name of what was chosen
        names.append(str(part))
        at = at[part]
    names.append(str(last))
    kind, message = problem["type"], problem["msg"]
    if kind in _NOTHING_CHOSEN:
        names.append(problem["ctx"]["discriminator"].strip("'"))
        kind, message = _NOTHING_CHOSEN[kind]
        message = message.format_map(problem["ctx"])
    return Violation(".".join(names), kind, message + ".")


def _name_field(location: tuple[int | str, ...]) -> str:
    """Return a field's name as errors tell it: `keys.3`, `data.user:1`; `body` for the document as a whole."""
    return ".".join(str(part) for part in location) or "body"
