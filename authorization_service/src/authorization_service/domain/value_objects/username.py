"""Usernames, with which users log in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MIN_LENGTH, MAX_LENGTH = 2, 64
PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Username:
    """2 to 64 Latin letters, digits, `.`, `_` or `-`, beginning with a letter or digit. Raises RulesBrokenError."""

    value: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value))

    @property
    def key(self) -> str:
        """The name in lower case: names that differ only in case are the same."""
        return self.value.lower()

    @staticmethod
    def find_violations(value: str) -> Iterator[Violation]:
        """Yield the rules that a proposed name breaks."""
        if not MIN_LENGTH <= len(value) <= MAX_LENGTH:
            yield Violation("username", "length", f"The username must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
        if not _ALLOWED.fullmatch(value):
            yield Violation(
                "username",
                "characters",
                "The username must begin with a Latin letter or a digit and contain only these, `.`, `_` and `-`.",
            )
