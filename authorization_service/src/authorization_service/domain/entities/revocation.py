"""Revocations of access tokens that have not expired."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class ReadAt(NamedTuple):
    """When a subject and its rights were read: by the clock, and by the number of the last revocation.

    The number says which revocations concern a token that is made of them, whatever the clock did since.
    """

    time: datetime
    revocation: int


@dataclass(frozen=True, slots=True)
class SessionRevocation:
    """Revokes all access tokens of a session. The last of them expires at `expires_at` (seconds since 1970)."""

    number: int
    session_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SubjectRevocation:
    """Revokes the access tokens of a user or a client with rights that were read before it.

    Of tokens that do not say, those that were issued before a time. All times are seconds since 1970.
    """

    number: int
    subject: str
    issued_before: float
    expires_at: float


Revocation = SessionRevocation | SubjectRevocation
