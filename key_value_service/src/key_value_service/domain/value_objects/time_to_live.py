"""Times to live of pairs."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from shared_kernel.domain.rules import RulesBrokenError, Violation

MIN_SECONDS, MAX_SECONDS = 0.001, 100 * 366 * 86400


def find_broken_ttl_rule(seconds: float | None) -> tuple[str, str] | None:
    """Return the name and the message of the rule that a time to live breaks, or None."""
    if seconds is None or (math.isfinite(seconds) and MIN_SECONDS <= seconds <= MAX_SECONDS):
        return None
    return "range", f"A time to live must have {MIN_SECONDS} to {MAX_SECONDS} seconds, or be null: never expires."


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """Seconds until a pair expires, to the millisecond; None: never. Raises RulesBrokenError."""

    seconds: float | None

    def __post_init__(self) -> None:
        broken = find_broken_ttl_rule(self.seconds)
        if broken is not None:
            raise RulesBrokenError([Violation("ttl", *broken)])

    @property
    def milliseconds(self) -> int | None:
        """Milliseconds until a pair expires, rounded up: it never lives shorter than requested."""
        return None if self.seconds is None else math.ceil(self.seconds * 1000 - 1e-6)


def to_utc(time: datetime) -> datetime:
    """Return an aware datetime in UTC. Raises RulesBrokenError if that is beyond the years that datetime has."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        message = "A time must be in the years 1 to 9999 in UTC."
        raise RulesBrokenError([Violation("expires_at", "range", message)]) from None
