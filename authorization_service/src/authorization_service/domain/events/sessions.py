"""What happens at logging in and to sessions.

The store makes these events: only the transaction knows which sessions it concerns, and which refusal is the first of many.
"""

from dataclasses import dataclass
from enum import StrEnum

from authorization_service.domain.events.domain_event import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(DomainEvent):
    """A user has opened a session."""

    session_id: str
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(DomainEvent):
    """A session is over before it has expired.

    The reason is `logged out`, `too many` sessions of the user, `refresh token reused`, `user changed` (disabled or deleted, or
    with another password), or `user gone`.
    """

    session_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenReused(DomainEvent):
    """Somebody has shown a refresh token that had been used before; address and user agent are those of the second use."""

    session_id: str
    address: str
    user_agent: str


class Refusal(StrEnum):
    """Why somebody is not let in."""

    UNKNOWN_USER = "unknown user"
    USER_DISABLED = "user disabled"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - a reason
    USER_CHANGED = "user changed"
    """The user was disabled or deleted, or the password changed, while the right one was verified."""
    TOO_MANY_ATTEMPTS = "too many attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRefused(DomainEvent):
    """Somebody could not show a user's password: to log in, or again where an access token is not enough.

    What was typed as the name is not told: it may be a password. Of attempts that are too many, the first is told of those that
    wait for the same.
    """

    reason: Refusal
    address: str
