"""Display of the caller's user."""

from authorization_service.application.auth.require_account import require_account
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from authorization_service.domain.entities.user import User
from shared_kernel.application.authentication import Caller


class ShowUser:
    """Show the caller's user."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, caller: Caller) -> User:
        """Return the caller's user. Raises InsufficientScopeError, NoSuchUserError or StoreUnavailableError."""
        require_account(caller)
        return await get_by_id(self._users, caller.user_id)
