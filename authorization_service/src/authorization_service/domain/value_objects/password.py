"""Passwords, and the rules for new ones."""

import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from shared_kernel.domain.rules import Violation, refuse_if_broken

MIN_LENGTH, MAX_LENGTH = 8, 128
MAX_TYPED = 4 * MAX_LENGTH  # code points: no character is composed of more than four


def normalize_password(value: str) -> str:
    """Return the password in Unicode's form C: keyboards and systems compose letters differently (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", value)


def prepare_to_verify(value: str) -> str:
    """Return the text to compare with a stored password for a submitted one.

    A text that is too long is cut to one that is still longer than any password, so that hashing it costs no more than others.
    """
    return normalize_password(value[: MAX_TYPED + 1])[: MAX_LENGTH + 1]


@dataclass(frozen=True, slots=True)
class Password:
    """8 to 128 characters with a lower case letter, an upper case letter, a digit and a special character.

    Raises RulesBrokenError. Neither its text nor its rules' messages show the password.
    """

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value))
        object.__setattr__(self, "value", normalize_password(self.value))

    @classmethod
    def new(cls) -> Self:
        """Return a generated password with about 143 random bits."""
        while any(cls.find_violations(proposed := secrets.token_urlsafe(18))):
            pass
        return cls(proposed)

    @staticmethod
    def find_violations(value: str, field: str = "password") -> Iterator[Violation]:
        """Yield the rules that a proposed password breaks. `field` is its name in the request."""
        if len(value) > MAX_TYPED:  # the cost of normalizing grows with the square of the length
            yield Violation(field, "length", f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
            return
        value = normalize_password(value)
        if not MIN_LENGTH <= len(value) <= MAX_LENGTH:
            yield Violation(field, "length", f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
        wanted = {
            "lower_case": ("a lower case letter", str.islower),
            "upper_case": ("an upper case letter", str.isupper),
            "digit": ("a digit", str.isdigit),
            "special": ("a special character (neither letter, digit nor space)", _is_special),
        }
        for rule, (what, holds) in wanted.items():
            if not any(map(holds, value)):
                yield Violation(field, rule, f"The password must have {what}.")


def _is_special(character: str) -> bool:
    return not character.isalnum() and not character.isspace()
