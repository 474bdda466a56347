"""Logout. All tokens of an ended session are rejected immediately."""

import contextlib

from authorization_service.application.auth.require_account import require_account
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.domain.exceptions import NoSuchSessionError
from shared_kernel.application.authentication import Caller


class EndSession:
    """End one of the caller's sessions."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller, session_id: str) -> None:
        """End a session of the caller. Raises InsufficientScopeError, NoSuchSessionError or StoreUnavailableError."""
        require_account(caller)
        await self._sessions.end(caller.user_id, session_id)


class LogOut:
    """End the session of the caller's access token."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller) -> None:
        """End the session. Raises NoSuchSessionError for a token without one, or StoreUnavailableError."""
        if not caller.session_id:
            raise NoSuchSessionError
        with contextlib.suppress(NoSuchSessionError):  # it has just ended
            await self._sessions.end(caller.user_id, caller.session_id)


class LogOutEverywhere:
    """End all sessions of the caller."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller) -> None:
        """End all sessions of the caller. Raises InsufficientScopeError or StoreUnavailableError."""
        require_account(caller)
        await self._sessions.end_all(caller.user_id)
