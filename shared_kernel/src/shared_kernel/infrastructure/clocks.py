"""Clocks that a step of the system's clock does not mislead."""

import time
from collections.abc import Callable


def make_earliest_clock(
    wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], float]:
    """Return a clock for forgetting what has expired: seconds since 1970, by the wall clock or by the time since this call.

    The earlier of the two counts. So what has not expired yet is not forgotten while the wall clock is ahead for a while.
    """
    started_at = wall() - monotonic()
    return lambda: min(wall(), started_at + monotonic())
