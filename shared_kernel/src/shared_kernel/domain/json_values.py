"""Rules for JSON values that guarantee that a value is read exactly as it was written."""

import math

MAX_DIGITS = 1000

_TOO_LONG = 10**MAX_DIGITS


def find_broken_value_rule(value: object, max_levels: int, level: int = 0) -> tuple[str, str] | None:
    """Return the rule that a parsed JSON value breaks and a sentence about it, or None; `level` is its depth in another one.

    Numbers must be integers of at most MAX_DIGITS digits or finite doubles; arrays and objects may nest `max_levels` deep.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return None
    if isinstance(value, int):
        if -_TOO_LONG < value < _TOO_LONG:
            return None
        return "integer_range", f"An integer must have at most {MAX_DIGITS} digits."
    if isinstance(value, float):
        if math.isfinite(value):
            return None
        return "finite", "A number must be finite: NaN, Infinity and numbers beyond the range of a double are rejected."
    if level == max_levels:
        return "levels", f"A value must not nest more than {max_levels} levels deep."
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        broken = find_broken_value_rule(item, max_levels, level + 1)
        if broken is not None:
            return broken
    return None
