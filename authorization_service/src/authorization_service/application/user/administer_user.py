"""Disabling and enabling users, and changing their roles."""

from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.entities.user import Role, User


@dataclass(frozen=True, slots=True)
class AdministerUserRequest:
    """What an administrator, `by`, changes; None leaves it as it is."""

    principal: Principal
    username: str
    is_enabled: bool | None = None
    role: Role | None = None


class AdministerUser:
    """For administrators. One enabled administrator always stays."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._now = now

    async def __call__(self, request: AdministerUserRequest) -> User:
        """Keep the change and return the user. All sessions of a user that is disabled end.

        Raises NoSuchUserError, LastAdministratorError or StoreUnavailableError.
        """
        by = await self._require_administrator(request.principal)
        while True:
            user = await get_named(self._users, request.username)
            changed = user.administer(self._now(), by, is_enabled=request.is_enabled, role=request.role)
            if changed is user or await self._users.change(changed, ends_sessions=not changed.is_enabled):
                return changed
