"""Times to live as people write them."""

import re

from key_value_cli.failures import Failure, Status

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhd]?)")


def parse_duration(text: str) -> float | None:
    """Return seconds; None for `never`. Raises Failure."""
    if text == "never":
        return None
    parsed = _DURATION.fullmatch(text)
    if parsed is None:
        raise Failure(f"{text!r} is no duration: write seconds, or 500ms, 90s, 15m, 12h, 7d, or never.", Status.WRONG_USAGE)
    return round(float(parsed[1]) * _SECONDS[parsed[2]], 3)
