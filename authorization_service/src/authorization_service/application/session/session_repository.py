"""The port for storing sessions."""

from typing import Protocol

from authorization_service.domain.entities.session import Session, UsedSession
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import ClientInfo


class SessionRepository(Protocol):
    """Sessions live as their SessionPolicy says. All methods raise StoreUnavailableError while the store is out of reach.

    Opening and ending sessions, and the reuse of a refresh token, are told by events. Ending a session revokes its access tokens.
    `last_used_at` of a session that is opened or refreshed is a moment before the
    user was read: access tokens are issued as of that moment, so that whatever changes afterwards can revoke them.
    """

    async def open(self, user: User, token: RefreshToken, origin: ClientInfo, scope: str | None = None) -> UsedSession:
        """Open a session for a user who has just proven to know the password, and end the least lately used beyond the most.

        Its tokens shall allow no more than `scope`, if that is told.

        Raises WrongCredentialsError if the user was disabled or deleted, or the password changed, since the user was read;
        StoreFullError.
        """
        ...

    async def refresh(self, token: RefreshToken, successor: RefreshToken, origin: ClientInfo) -> UsedSession:
        """Exchange a session's refresh token for its successor: of several who try at once with one token, one succeeds.

        Raises RefreshTokenReusedError, and the session has ended, if the token was used before; InvalidRefreshTokenError if it
        never was one, or if its session has ended or expired, or its user may not have one any more.
        """
        ...

    async def find_by_token(self, token: RefreshToken) -> Session | None:
        """Return the session, not expired, whose latest refresh token this is."""
        ...

    async def find_of_user(self, user_id: str) -> list[Session]:
        """Return a user's sessions, the most lately used first."""
        ...

    async def end(self, user_id: str, session_id: str) -> None:
        """End a session of a user. Raises NoSuchSessionError."""
        ...

    async def end_all(self, user_id: str, except_session_id: str | None = None) -> int:
        """End all sessions of a user, but perhaps one; return how many there were."""
        ...
