"""Sessions of others. Requires an administrator."""

from collections.abc import Sequence

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.entities.session import Session
from authorization_service.domain.events.people import UserLoggedOut


class ListSessionsOfUser:
    """List the sessions of a user. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository, sessions: SessionRepository) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._sessions = sessions

    async def __call__(self, principal: Principal, username: str) -> Sequence[Session]:
        """Return the sessions, the most recently used first. Raises NoSuchUserError or StoreUnavailableError."""
        await self._require_administrator(principal)
        return await self._sessions.find_of_user(str((await get_named(self._users, username)).id))


class LogOutUser:
    """End a session of a user, or all of them. Requires an administrator."""

    def __init__(
        self, require_administrator: RequireAdministrator, users: UserRepository, sessions: SessionRepository, now: Now
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._sessions = sessions
        self._now = now

    async def __call__(self, principal: Principal, username: str, session_id: str | None = None) -> None:
        """End the session of this id, or all sessions, those of browsers included, and revoke their tokens.

        Raises NoSuchUserError, NoSuchSessionError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(principal)
        user_id = str((await get_named(self._users, username)).id)
        event = UserLoggedOut(user_id=user_id, occurred_at=self._now(), session_id=session_id, by=by)
        if session_id is None:
            await self._sessions.end_all(user_id, events=[event])
        else:
            await self._sessions.end(user_id, session_id, [event])
