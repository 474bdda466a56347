"""First and last names of people."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MIN_LENGTH, MAX_LENGTH = 2, 32
PATTERN = r"^\p{L}\p{M}*([-'\u2019 ]?\p{L}\p{M}*)*$"
"""The rule in the syntax of ECMA-262, for schemas."""

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
        """Yield the rules that a proposed name breaks. `field` is its name in the request."""
        if len(value) > 4 * MAX_LENGTH:  # no character is composed of more than four; normalizing costs the square of the length
            yield Violation(field, "length", f"The name must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
            return
        if not MIN_LENGTH <= len(unicodedata.normalize("NFC", value)) <= MAX_LENGTH:
            yield Violation(field, "length", f"The name must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
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
