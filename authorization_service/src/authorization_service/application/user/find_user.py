"""Display of a user."""

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.entities.user import User


class FindUser:
    """Show a user. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository) -> None:
        self._require_administrator = require_administrator
        self._users = users

    async def __call__(self, principal: Principal, username: str) -> User:
        """Return the user of this name. Raises NoSuchUserError or StoreUnavailableError."""
        await self._require_administrator(principal)
        return await get_named(self._users, username)
