"""What a value may be."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NewType

from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_BYTES = 1024 * 1024
MAX_LEVELS = 64

if TYPE_CHECKING:
    JsonText = NewType("JsonText", str)
else:
    JsonText = str  # a NewType takes longer to make nothing of a text than the encoder to make the text
"""The compact JSON text of a value: opaque to everything between the batch it is written in and the answer it is read in."""

Encode = Callable[[object], bytes]
"""Gives a value's compact JSON text in UTF-8."""


def describe_size(text: bytes) -> tuple[str, str]:
    """Return the rule that a text of more than MAX_BYTES breaks and a sentence about it."""
    return "size", f"A value must have at most {MAX_BYTES} bytes of JSON text; this one has {len(text)}."


def make_text(value: object, encode: Encode, field: str = "body") -> JsonText:
    """Return the text of a parsed JSON value. Raises RulesBrokenError."""
    broken = find_broken_value_rule(value, MAX_LEVELS)
    if broken is None:
        text = encode(value)
        if len(text) <= MAX_BYTES:
            return JsonText(text.decode())
        broken = describe_size(text)
    raise RulesBrokenError([Violation(field, *broken)])
