"""Values: JSON texts, or bytes with their media type, within bounds."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NewType

from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_BYTES = 1024 * 1024
MAX_MEDIA_TYPE = 255
MAX_LEVELS = 64
MIN_ADDED, MAX_ADDED = -(2**63), 2**64 - 1
"""Of integers that are computed with; those that are only stored may be longer."""

if TYPE_CHECKING:
    JsonText = NewType("JsonText", str)
else:
    JsonText = str  # calling a NewType takes longer than encoding a short text
"""The compact JSON text of a value. Everything between the batch and the response treats it as opaque."""


class Binary(NamedTuple):
    """A value of bytes: `<media type>\\n<bytes>`. Everything between the batch and the response treats it as opaque.

    It is a tuple, and so reaches the stored functions as an array: there is one type of strings in Lua, for texts and bytes.
    """

    packed: bytes

    @property
    def media_type(self) -> str:
        """The media type, with its parameters."""
        return self.packed.partition(b"\n")[0].decode()

    @property
    def content(self) -> bytes:
        """The bytes themselves."""
        return self.packed[self.packed.index(b"\n") + 1 :]


Value = JsonText | Binary

Encode = Callable[[object], bytes]
"""Returns the compact JSON text of a value in UTF-8, with all digits of its integers."""


def describe_size(text: bytes) -> tuple[str, str]:
    """Return the name and the message of the rule that a text of more than MAX_BYTES breaks."""
    return "size", f"A value must have at most {MAX_BYTES} bytes of JSON text; this one has {len(text)}."


def make_number_text(number: object, encode: Encode, field: str = "body") -> JsonText:
    """Return the text of a parsed JSON value that must be a number of 64 bits, to be computed with. Raises RulesBrokenError."""
    if type(number) not in (int, float):
        raise RulesBrokenError([Violation(field, "number", "Input should be a number.")])
    if isinstance(number, int) and not MIN_ADDED <= number <= MAX_ADDED:
        message = "An integer to add must lie between -2^63 and 2^64-1."
        raise RulesBrokenError([Violation(field, "integer_range", message)])
    return make_text(number, encode, field)


def make_text(value: object, encode: Encode, field: str = "body") -> JsonText:
    """Return the text of a parsed JSON value. Raises RulesBrokenError."""
    broken = find_broken_value_rule(value, MAX_LEVELS)
    if broken is None:
        text = encode(value)
        if len(text) <= MAX_BYTES:
            return JsonText(text.decode())
        broken = describe_size(text)
    raise RulesBrokenError([Violation(field, *broken)])


def make_value(value: object, encode: Encode, field: str = "body") -> Value:
    """Return a Binary as it is, and the text of anything else, which is parsed JSON. Raises RulesBrokenError."""
    return value if isinstance(value, Binary) else make_text(value, encode, field)


def _media_types(possessive: str) -> str:
    """Return a regular expression of media types in ASCII (RFC 9110, section 8.3.1)."""
    token = rf"[!#$%&'*+.^_`|~0-9A-Za-z-]+{possessive}"
    quoted = rf'"([\t !#-\[\]-~]|\\[\t -~])*{possessive}"'
    ows = rf"[ \t]*{possessive}"
    return rf"{token}/{token}({ows};{ows}({token}=({token}|{quoted}))?{possessive})*{possessive}"


MEDIA_TYPE_PATTERN = f"^{_media_types('')}$"
"""The rule as a regular expression of ECMA-262, for JSON schemas."""

_MEDIA_TYPE = re.compile(_media_types("+"))  # possessive quantifiers: no text takes long

_NOT_OF_BYTES = {
    "application/json": "JSON is stored as a value, and not as bytes.",
    "application/x-www-form-urlencoded": "A form is not stored: send the bytes with a media type of their own.",
    "multipart/form-data": "A form is not stored: send the bytes with a media type of their own.",
}


def make_binary(media_type: str, content: bytes, type_field: str, content_field: str) -> Binary:
    """Return the value of these bytes. The fields are where a request has the one and the other. Raises RulesBrokenError."""
    broken = _find_broken_media_type_rule(media_type)
    if broken is not None:
        raise RulesBrokenError([Violation(type_field, *broken)])
    if len(content) > MAX_BYTES:
        message = f"A value must have at most {MAX_BYTES} bytes; this one has {len(content)}."
        raise RulesBrokenError([Violation(content_field, "size", message)])
    return Binary(b"%b\n%b" % (media_type.encode(), content))


def _find_broken_media_type_rule(media_type: str) -> tuple[str, str] | None:
    if len(media_type) > MAX_MEDIA_TYPE:
        return "length", f"A media type must have at most {MAX_MEDIA_TYPE} characters."
    if not _MEDIA_TYPE.fullmatch(media_type):
        return (
            "media_type",
            "A media type is in ASCII and as in RFC 9110, section 8.3.1: `image/png`, `text/plain; charset=utf-8`.",
        )
    reason = _NOT_OF_BYTES.get(media_type.partition(";")[0].rstrip().lower())
    return None if reason is None else ("media_type", reason)


def answered_size(value: Value) -> int:
    """Return the length of a value in a response: of its JSON text, or of its bytes in base64."""
    return len(value) if isinstance(value, str) else len(value.packed) * 4 // 3
