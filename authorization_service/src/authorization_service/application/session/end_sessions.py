"""Logging out: here, elsewhere and everywhere. What has ended is refused at once, with all its tokens."""

import contextlib

from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.domain.exceptions import NoSuchSessionError
from shared_kernel.application.authentication import Caller


class EndSession:
    """For every caller, on its own sessions."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller, session_id: str) -> None:
        """End a session of the caller. Raises NoSuchSessionError or StoreUnavailableError."""
        await self._sessions.end(caller.user_id, session_id)


class LogOut:
    """For every caller whose token is of a session."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller) -> None:
        """End the session that the caller's token is of. Raises NoSuchSessionError if it is of none, or StoreUnavailableError."""
        if not caller.session_id:
            raise NoSuchSessionError
        with contextlib.suppress(NoSuchSessionError):  # it has ended in this moment
            await self._sessions.end(caller.user_id, caller.session_id)


class LogOutEverywhere:
    """For every caller."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller) -> None:
        """End all sessions of the caller. Raises StoreUnavailableError."""
        await self._sessions.end_all(caller.user_id)
