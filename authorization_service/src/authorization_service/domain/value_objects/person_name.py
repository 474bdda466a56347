"""A person's first or last name."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

SHORTEST, LONGEST = 2, 32
PATTERN = r"^\p{L}\p{M}*([-'\u2019 ]?\p{L}\p{M}*)*$"
"""The rule as ECMA-262 writes it, for those who read schemas."""

_JOINERS = frozenset("-'\N{RIGHT SINGLE QUOTATION MARK} ")


@dataclass(frozen=True, slots=True)
class PersonName:
    """2 to 32 letters of any script, with single hyphens, apostrophes or spaces between them. Raises RulesBrokenError."""

    value: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value, "name"))
        object.__setattr__(self, "value", unicodedata.normalize("NFC", self.value))

    @staticmethod
    def find_violations(value: str, field: str) -> Iterator[Violation]:
        """Yield the rules that a proposed name breaks; `field` is what the client calls it."""
        if len(value) > 4 * LONGEST:  # no character is composed of more than four, and normalizing costs the square of the length
            yield Violation(field, "length", f"The name must have {SHORTEST} to {LONGEST} characters.")
            return
        if not SHORTEST <= len(unicodedata.normalize("NFC", value)) <= LONGEST:
            yield Violation(field, "length", f"The name must have {SHORTEST} to {LONGEST} characters.")
        if not _is_letters_joined(value):
            yield Violation(
                field,
                "characters",
                "The name must be letters, with single hyphens, apostrophes or spaces between them.",
            )


def _is_letters_joined(value: str) -> bool:
    may_join = False  # after a letter
    for character in value:
        category = unicodedata.category(character)
        if category.startswith("L"):
            may_join = True
        elif not may_join:
            return False
        elif character in _JOINERS:
            may_join = False
        elif not category.startswith("M"):  # marks complete a letter in many scripts
            return False
    return may_join
