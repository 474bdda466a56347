"""Names of groups."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_LENGTH = 64
PATTERN = r"^[a-z0-9][a-z0-9._-]*$"

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class GroupName:
    """1 to 64 of `a-z0-9._-`, beginning with a letter or digit. Raises RulesBrokenError."""

    value: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value))

    @staticmethod
    def find_violations(value: str) -> Iterator[Violation]:
        """Yield the rule that a proposed name breaks."""
        if not _ALLOWED.fullmatch(value):
            yield Violation(
                "name",
                "name",
                f"The name must have 1 to {MAX_LENGTH} of a-z, 0-9, `.`, `_` and `-`, and begin with a letter or digit.",
            )
