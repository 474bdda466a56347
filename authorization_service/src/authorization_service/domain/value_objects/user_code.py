"""Codes that users type at one device to sign in to another (RFC 8628, section 6.1)."""

import secrets
from dataclasses import dataclass
from typing import Self

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that no words come out."""
LENGTH = 8
"""35 bits: a guess within the ten minutes of a code is hopeless."""


@dataclass(frozen=True, slots=True)
class UserCode:
    """Eight consonants."""

    text: str

    @classmethod
    def new(cls) -> Self:
        """Return a random code."""
        return cls("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))

    @classmethod
    def parse(cls, typed: str) -> Self | None:
        """Return the code that a user has typed, in any case and with any dashes and spaces, or None if it is none."""
        text = "".join(character for character in typed[:64].upper() if character not in "- ")
        return cls(text) if len(text) == LENGTH and set(text) <= set(ALPHABET) else None

    def __str__(self) -> str:
        return f"{self.text[:4]}-{self.text[4:]}"
