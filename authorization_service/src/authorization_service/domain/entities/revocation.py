"""Revocations of access tokens that have not expired."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionRevocation:
    """Revokes all access tokens of a session. The last of them expires at `expires_at` (seconds since 1970)."""

    number: int
    session_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SubjectRevocation:
    """Revokes the access tokens of a user or a client that were issued before a time. All times are seconds since 1970."""

    number: int
    subject: str
    issued_before: float
    expires_at: float


Revocation = SessionRevocation | SubjectRevocation
