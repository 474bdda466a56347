"""Events of logins and sessions.

The database creates them: only the transaction knows which sessions are concerned, and which refusal is the first of many.
"""

from dataclasses import dataclass
from enum import StrEnum

from authorization_service.domain.events.domain_event import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(DomainEvent):
    """A user has logged in and opened a session, of its own or, at the page, of its browser.

    `methods` are those of the authentication (RFC 8176).
    """

    session_id: str
    address: str
    user_agent: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInToClient(DomainEvent):
    """A client has opened a session for a user that signed in. Address and user agent are the client's."""

    session_id: str
    client_id: str
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(DomainEvent):
    """A session has ended before it expired.

    The reason is `logged out`, `ended by an administrator`, `too many` sessions of the user, `refresh token reused`,
    `user changed` (disabled or deleted, or with another password), `factor added` (its user has a second factor since),
    `user gone`, or `revoked` (RFC 7009); of a browser, `signed in again`; of a client, `authorization code reused`,
    `consent withdrawn` or `client gone`.
    """

    session_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenReused(DomainEvent):
    """A refresh token was used again after the grace. Address and user agent are those of that use."""

    session_id: str
    address: str
    user_agent: str


class Refusal(StrEnum):
    """Why a login was refused."""

    UNKNOWN_USER = "unknown user"
    USER_DISABLED = "user disabled"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - a reason
    USER_CHANGED = "user changed"
    """The user was disabled or deleted, or the password changed, while the password was verified."""
    TOO_MANY_ATTEMPTS = "too many attempts"
    WRONG_CODE = "wrong code"
    """The second factor was not proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRefused(DomainEvent):
    """A login, or a confirmation by password where an access token is not enough, was refused.

    The submitted name is not recorded: it may be a password. Of too many attempts, only the first is recorded until the next
    one is allowed.
    """

    reason: Refusal
    address: str
