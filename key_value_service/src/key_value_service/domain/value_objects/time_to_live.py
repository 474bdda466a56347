"""How long a pair lives."""

import math
from dataclasses import dataclass

from shared_kernel.domain.rules import RulesBrokenError, Violation

SHORTEST_SECONDS, LONGEST_SECONDS = 0.001, 100 * 366 * 86400


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """Seconds, to the millisecond, after which a pair expires; None: never. Raises RulesBrokenError."""

    seconds: float | None

    def __post_init__(self) -> None:
        seconds = self.seconds
        if seconds is not None and not (math.isfinite(seconds) and SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS):
            message = f"A time to live must have {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds, or be null: for ever."
            raise RulesBrokenError([Violation("ttl", "range", message)])

    @property
    def milliseconds(self) -> int | None:
        """The same in milliseconds, rounded up: who asks for some time gets no less."""
        return None if self.seconds is None else math.ceil(self.seconds * 1000 - 1e-6)
