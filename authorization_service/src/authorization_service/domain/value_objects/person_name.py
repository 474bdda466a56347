"""First and last names of people."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MIN_LENGTH, MAX_LENGTH = 1, 64
PATTERN = (
    r"^([\p{N}\p{P}`\u00B4][\p{L}\p{M}\p{N}\p{P}\p{Zs}`\u00B4\u200C\u200D]*)?"
    r"\p{L}([\p{L}\p{M}\p{N}\p{P}\p{Zs}`\u00B4\u200C\u200D]*[\p{L}\p{M}\p{N}\p{P}`\u00B4])?$"
)
"""The rule in the syntax of ECMA-262, for schemas."""

_ACCENTS = frozenset("`\N{ACUTE ACCENT}")  # that stand for apostrophes
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")  # part of the spelling in some scripts
_MESSAGE = (
    "The name must have a letter, may have digits and punctuation, and spaces inside; no symbols, and no control, formatting or"
    " unassigned characters."
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """1 to 64 characters, as people are called: letters of any script with their marks, digits, punctuation, spaces inside.

    At least one is a letter. Raises RulesBrokenError.
    """

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
        normal = unicodedata.normalize("NFC", value)
        if not MIN_LENGTH <= len(normal) <= MAX_LENGTH:
            yield Violation(field, "length", f"The name must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
        if not _is_name(normal):
            yield Violation(field, "characters", _MESSAGE)


def _is_name(value: str) -> bool:
    """Return whether there is a letter, nothing else than a name consists of, and no space, joiner or mark where none can be."""
    has_letter = False
    for position, character in enumerate(value):
        category = unicodedata.category(character)
        if category == "Zs" or character in _JOINERS:
            if position in {0, len(value) - 1}:
                return False
        elif category.startswith("M"):  # marks complete a letter in many scripts
            if position == 0:
                return False
        elif category.startswith("L"):
            has_letter = True
        elif category[0] not in "NP" and character not in _ACCENTS:
            return False
    return has_letter
