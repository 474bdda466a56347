"""Tickets by which browsers watch."""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Self

LIFETIME_SECONDS = 30
MAX_TICKETS_OF_USER = 100
"""Unused tickets of one user."""
MAX_TICKETS = 10_000
"""Unused tickets of all users."""
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WatchTicket:
    """A random secret of 256 bits that its bearer may begin one watch with. Only its digest is stored."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a ticket that nobody else can guess."""
        return cls(secrets.token_urlsafe(SECRET_BYTES))

    @property
    def digest(self) -> str:
        """The SHA-256 of the ticket, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()
