"""What became of the lines of an import."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared_kernel.domain.rules import Violation


class BrokenLine(NamedTuple):
    """A line that is not a valid pair, and why."""

    line: int
    violations: Sequence[Violation]


@dataclass(slots=True)
class ImportSummary:
    """The numbers of lines written, skipped (pair exists), expired already, and refused; and the first of the refused ones."""

    revision: int = 0
    written: int = 0
    skipped: int = 0
    expired: int = 0
    refused: int = 0
    errors: list[BrokenLine] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Number of lines that were not refused, up to the latest transaction."""
        return self.written + self.skipped + self.expired
