"""Names that users give to their second factors."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class FactorName:
    """1 to 64 characters, none of them a control or a formatting character, without white space at the ends.

    Raises RulesBrokenError.
    """

    value: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value))

    @staticmethod
    def find_violations(value: str) -> Iterator[Violation]:
        """Yield the rules that a proposed name breaks."""
        if not 1 <= len(value) <= MAX_LENGTH:
            yield Violation("name", "length", f"The name must have 1 to {MAX_LENGTH} characters.")
        if value != value.strip() or any(unicodedata.category(each).startswith("C") for each in value[: MAX_LENGTH + 1]):
            message = "The name must have neither control or formatting characters nor white space at its ends."
            yield Violation("name", "characters", message)
