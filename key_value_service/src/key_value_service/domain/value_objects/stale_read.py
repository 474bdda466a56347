"""A read that any instance may answer, with what was true a moment ago."""


class StaleRead:
    """How old an answer may be; and how old it is, once there is one."""

    __slots__ = ("age_seconds", "max_age_seconds", "revision")

    def __init__(self, max_age_seconds: float) -> None:
        self.max_age_seconds = max_age_seconds
        self.age_seconds: float | None = None
        """By how much the answer may be behind the leader's: 0 if it is the leader's. None until there is one."""
        self.revision: int | None = None
        """The revision of the namespace that the answer is as of; None where the operation has none, and until there is one."""
