"""The port for storing sessions."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.entities.session import Session, UsedSession
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import ClientInfo


class SessionRepository(Protocol):
    """Sessions that follow a SessionPolicy. All methods raise StoreUnavailableError.

    Opening and ending sessions, and the reuse of a refresh token, are recorded as events. Ending a session revokes its access
    tokens. `last_used_at` of a session that is opened or refreshed is later than that of the user's other sessions.
    """

    async def open(
        self,
        user: User,
        authentication: Authentication,
        token: RefreshToken,
        client: ClientInfo,
        scope: str | None = None,
    ) -> UsedSession:
        """Open a session for a user that has just authenticated. Beyond the limit, end the least recently used one.

        The session's tokens allow no more than `scope`, if that is not None.

        Raises WrongCredentialsError if the user was disabled or deleted, or the password changed, since the user was read;
        SecondFactorMissingError if the user has a second factor that was not proved; StoreFullError.
        """
        ...

    async def refresh(self, token: RefreshToken, client: ClientInfo, client_id: str | None = None) -> UsedSession:
        """Exchange a session's refresh token for its successor. A client's session is refreshed by that client alone.

        There is one successor: further exchanges within the policy's grace yield it again, until it is used itself.

        Raises RefreshTokenReusedError, and ends the session, if the token was used before that; InvalidRefreshTokenError if it
        is unknown or another client's, if its session has ended or expired, or if its user is disabled or deleted.
        """
        ...

    async def find_by_token(self, token: RefreshToken, *, within_grace: bool = False) -> Session | None:
        """Return the unexpired session whose latest refresh token this is, or None.

        With `within_grace`, it may also be the one before the latest, while that still yields the latest.
        """
        ...

    async def find_of_user(self, user_id: str) -> list[Session]:
        """Return a user's sessions, the most recently used first."""
        ...

    async def end(self, user_id: str, session_id: str, events: Sequence[DomainEvent] = (), *, is_revoked: bool = False) -> None:
        """End a session of a user. With events, it is somebody else who ends it.

        `is_revoked`: by one of its tokens, so that its client need not be told. Raises NoSuchSessionError.
        """
        ...

    async def end_all(self, user_id: str, except_session_id: str | None = None, events: Sequence[DomainEvent] = ()) -> int:
        """End all sessions of a user, except one if given. With events, it is somebody else who ends them.

        Returns how many were ended, beside those of browsers.
        """
        ...
