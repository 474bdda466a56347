"""How long a pair lives."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from shared_kernel.domain.rules import RulesBrokenError, Violation

MIN_SECONDS, MAX_SECONDS = 0.001, 100 * 366 * 86400


def find_broken_ttl_rule(seconds: float | None) -> tuple[str, str] | None:
    """Return the rule that a time to live breaks and a sentence about it, or None."""
    if seconds is None or (math.isfinite(seconds) and MIN_SECONDS <= seconds <= MAX_SECONDS):
        return None
    return "range", f"A time to live must have {MIN_SECONDS} to {MAX_SECONDS} seconds, or be null: for ever."


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """Seconds, to the millisecond, after which a pair expires; None: never. Raises RulesBrokenError."""

    seconds: float | None

    def __post_init__(self) -> None:
        broken = find_broken_ttl_rule(self.seconds)
        if broken is not None:
            raise RulesBrokenError([Violation("ttl", *broken)])

    @property
    def milliseconds(self) -> int | None:
        """The same in milliseconds, rounded up: who asks for some time gets no less."""
        return None if self.seconds is None else math.ceil(self.seconds * 1000 - 1e-6)


def to_expiry(moment: datetime) -> datetime:
    """Return the moment, given with its time zone, in UTC. Raises RulesBrokenError where there is none: times end with a year."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = "A moment must lie in the years 1 to 9999 in UTC, too."
        raise RulesBrokenError([Violation("expires_at", "range", message)]) from None
