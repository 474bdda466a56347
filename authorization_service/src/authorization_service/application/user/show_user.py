"""Display of the caller's user."""

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import NoSuchUserError
from shared_kernel.application.authentication import Caller


class ShowUser:
    """Show the caller's user."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, caller: Caller) -> User:
        """Return the caller's user. Raises NoSuchUserError or StoreUnavailableError."""
        user = await self._users.find_by_id(caller.user_id)
        if user is None:
            raise NoSuchUserError
        return user
