"""What a value may be: JSON that comes back exactly as it was written."""

import math
from typing import NewType

LONGEST_BYTES = 1024 * 1024
MOST_LEVELS = 64
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**64 - 1

JsonText = NewType("JsonText", str)
"""The compact JSON text of a value: opaque to everything between the batch it is written in and the answer it is read in."""


def find_broken_value_rule(value: object, levels: int = MOST_LEVELS) -> tuple[str, str] | None:
    """Return the rule that a parsed JSON value breaks and a sentence about it, or None.

    Numbers must be integers from -2^63 to 2^64-1 or finite doubles; arrays and objects may nest `levels` deep.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return None
    if isinstance(value, int):
        if SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            return None
        return "integer_range", "An integer must lie between -2^63 and 2^64-1."
    if isinstance(value, float):
        if math.isfinite(value):
            return None
        return "finite", "A number must be finite: NaN, Infinity and what exceeds a double are refused."
    if levels == 0:
        return "levels", f"A value must not nest more than {MOST_LEVELS} levels deep."
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        broken = find_broken_value_rule(item, levels - 1)
        if broken is not None:
            return broken
    return None
