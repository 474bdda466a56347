"""What must not be believed any more, although it has not expired."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionRevocation:
    """All access tokens of a session. `expires_at` (seconds since 1970) is when the last of them has expired."""

    number: int
    session_id: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SubjectRevocation:
    """The access tokens of a user or a client that were issued before a moment (seconds since 1970)."""

    number: int
    subject: str
    issued_before: float
    expires_at: float


Revocation = SessionRevocation | SubjectRevocation
