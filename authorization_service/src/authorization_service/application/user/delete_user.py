"""Deletion of a user."""

from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_named


@dataclass(frozen=True, slots=True)
class DeleteUserRequest:
    """The user to delete."""

    principal: Principal
    username: str


class DeleteUser:
    """Delete a user. Requires an administrator. One enabled administrator always remains."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._now = now

    async def __call__(self, request: DeleteUserRequest) -> None:
        """Delete the user with its sessions, memberships and grants.

        Raises NoSuchUserError, LastAdministratorError or StoreUnavailableError.
        """
        by = await self._require_administrator(request.principal)
        while True:
            user = await get_named(self._users, request.username)
            if await self._users.remove(user.delete(self._now(), by)):
                return
