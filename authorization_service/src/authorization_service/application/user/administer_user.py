"""Disabling and enabling users, and changes of their roles."""

from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.entities.user import Role, User


@dataclass(frozen=True, slots=True)
class AdministerUserRequest:
    """Changes to a user; None changes nothing."""

    principal: Principal
    username: str
    is_enabled: bool | None = None
    role: Role | None = None


class AdministerUser:
    """Change the state or the role of a user. Requires an administrator. One enabled administrator always remains."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._now = now

    async def __call__(self, request: AdministerUserRequest) -> User:
        """Store the change and return the user. Disabling ends all sessions of the user.

        Raises NoSuchUserError, LastAdministratorError or StoreUnavailableError.
        """
        by = await self._require_administrator(request.principal)
        while True:
            user = await get_named(self._users, request.username)
            changed = user.administer(self._now(), by, is_enabled=request.is_enabled, role=request.role)
            if changed is user or await self._users.change(changed, ends_sessions=not changed.is_enabled):
                return changed
