"""What happens to sessions. The store makes these events: only the transaction knows which sessions it concerns."""

from dataclasses import dataclass

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
