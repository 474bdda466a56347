"""Values as JSON text."""

import orjson

# What orjson encodes; it raises TypeError for other integers.
_MIN, _MAX = -(2**63), 2**64 - 1


def encode(value: object) -> bytes:
    """Return the compact JSON text of a parsed value, with all digits of its integers. Implements Encode."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_spell_out(value))


def _spell_out(value: object) -> object:
    """Return the value with long integers as texts that orjson inserts as they are."""
    if type(value) is int and not _MIN <= value <= _MAX:
        return orjson.Fragment(str(value).encode())
    if isinstance(value, dict):
        return {name: _spell_out(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_spell_out(item) for item in value]
    return value
