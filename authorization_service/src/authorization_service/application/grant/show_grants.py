"""Display of grants."""

from collections.abc import Sequence

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.group.group_repository import GroupRepository, refuse_impossible_name
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.exceptions import NoSuchGroupError
from authorization_service.domain.value_objects.rights import Rights
from shared_kernel.domain.grants import Grant


class ShowRights:
    """Show the grants of a user, by source. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, users: UserRepository, grants: GrantRepository) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._grants = grants

    async def __call__(self, principal: Principal, username: str) -> Rights:
        """Return the grants of a user. Raises NoSuchUserError or StoreUnavailableError."""
        await self._require_administrator(principal)
        return await self._grants.find_rights(str((await get_named(self._users, username)).id))


class ShowGrantsOfGroup:
    """Show the grants of a group. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, groups: GroupRepository, grants: GrantRepository) -> None:
        self._require_administrator = require_administrator
        self._groups = groups
        self._grants = grants

    async def __call__(self, principal: Principal, name: str) -> Sequence[Grant]:
        """Return a group's grants, sorted. Raises NoSuchGroupError or StoreUnavailableError."""
        await self._require_administrator(principal)
        refuse_impossible_name(name)
        if await self._groups.find(name) is None:
            raise NoSuchGroupError
        return await self._grants.find_of_group(name)
