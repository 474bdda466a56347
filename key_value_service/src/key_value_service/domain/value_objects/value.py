"""Values: JSON texts within bounds."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NewType

from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_BYTES = 1024 * 1024
MAX_LEVELS = 64
MIN_ADDED, MAX_ADDED = -(2**63), 2**64 - 1
"""Of integers that are computed with; those that are only stored may be longer."""

if TYPE_CHECKING:
    JsonText = NewType("JsonText", str)
else:
    JsonText = str  # calling a NewType takes longer than encoding a short text
"""The compact JSON text of a value. Everything between the batch and the response treats it as opaque."""

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
