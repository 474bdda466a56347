"""How much time has passed, judged so that it is never too little."""

import time

_SUSPENDED = getattr(time, "CLOCK_BOOTTIME", None)  # Linux


class Stopwatch:
    """Measures the time since it was made by several clocks; the one that says most counts.

    A monotonic clock stands still while the machine is suspended, on most systems; the clock of the boot (Linux) and that of the
    day do not. The clock of the day may be set: forward, it makes the time too long, which is the safe side; back, it does not
    count.
    """

    def __init__(self) -> None:
        self._started = _read_clocks()

    def elapsed(self) -> float:
        """Return the seconds since the start: as many as have passed, or more."""
        return max(now - started for now, started in zip(_read_clocks(), self._started, strict=True))


def _read_clocks() -> list[float]:
    clocks = [time.monotonic(), time.time()]
    return clocks if _SUSPENDED is None else [*clocks, time.clock_gettime(_SUSPENDED)]
