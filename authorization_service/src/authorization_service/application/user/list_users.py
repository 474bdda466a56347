"""Listing of users."""

from collections.abc import Sequence
from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.username import MAX_EMAIL_LENGTH


@dataclass(frozen=True, slots=True)
class ListUsersRequest:
    """Up to `most` users whose names begin with `prefix`, in any case, and come after `after`."""

    principal: Principal
    prefix: str
    after: str
    most: int


class ListUsers:
    """List users. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository) -> None:
        self._require_administrator = require_administrator
        self._users = users

    async def __call__(self, request: ListUsersRequest) -> Sequence[User]:
        """Return users, ordered by username without regard to case. Raises StoreUnavailableError."""
        await self._require_administrator(request.principal)
        if len(request.prefix) > MAX_EMAIL_LENGTH:
            return ()
        return await self._users.list(request.prefix.lower(), request.after, request.most)
