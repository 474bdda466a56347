"""Listing of sessions."""

from authorization_service.application.auth.require_account import require_account
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.domain.entities.session import Session
from shared_kernel.application.authentication import Caller


class ListSessions:
    """List the caller's sessions."""

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions

    async def __call__(self, caller: Caller) -> list[Session]:
        """Return the caller's sessions, the most recently used first. Raises InsufficientScopeError or StoreUnavailableError."""
        require_account(caller)
        return await self._sessions.find_of_user(caller.user_id)
