"""Tokens that stand for something that has begun and waits for its next step."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

TOKEN_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """256 random bits in base64url, of which only the hash is stored."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a random token."""
        return cls(secrets.token_urlsafe(TOKEN_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the token that a client sent, or None if it is none."""
        return cls(text) if _FORM.fullmatch(text) else None

    @property
    def digest(self) -> str:
        """The SHA-256 of the token, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()
