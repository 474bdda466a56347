"""Looking a user up."""

from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.entities.user import User


class FindUser:
    """For administrators."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, username: str) -> User:
        """Return the user of this name. Raises NoSuchUserError or StoreUnavailableError."""
        return await get_named(self._users, username)
