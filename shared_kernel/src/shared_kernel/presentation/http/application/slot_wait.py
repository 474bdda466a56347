"""How long requests wait for a slot before they are rejected: the longer, the slower slots become free."""

MIN_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.1, 0.5
TURNS = 3
"""So many times all slots become free while a request waits."""
KEPT_SHARE = 0.8
"""Of what was observed before, at each observation: the latest few count."""


class SlotWait:
    """Measures how fast slots become free while all are taken, and derives the wait: that of `TURNS` turns of all slots.

    A rejected client may come back at once, and each rejection costs two thirds of a response. So the wait bounds which share of
    the time goes into rejections, and that share is the same on a fast and on a slow machine if the wait follows its speed. A
    constant that suits the one is too short for the other, which then does little but reject.
    """

    def __init__(self, slots: int) -> None:
        self._wanted = TURNS * slots
        self._freed = self._elapsed = 0.0
        self.seconds = MIN_WAIT_SECONDS
        """How long a request may wait."""

    def observe(self, freed: int, elapsed: float) -> None:
        """Learn that so many slots became free in so many seconds, throughout which all were taken."""
        self._freed = self._freed * KEPT_SHARE + freed
        self._elapsed = self._elapsed * KEPT_SHARE + elapsed
        needed = self._wanted * self._elapsed / self._freed if self._freed else MAX_WAIT_SECONDS
        self.seconds = min(max(needed, MIN_WAIT_SECONDS), MAX_WAIT_SECONDS)
