"""Showing who may do what, and whence."""

from collections.abc import Sequence

from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.group.group_repository import GroupRepository, refuse_impossible_name
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.exceptions import NoSuchGroupError
from authorization_service.domain.value_objects.rights import Rights
from shared_kernel.domain.grants import Grant


class ShowRights:
    """For administrators."""

    def __init__(self, users: UserRepository, grants: GrantRepository) -> None:
        self._users = users
        self._grants = grants

    async def __call__(self, username: str) -> Rights:
        """Return what a user may do. Raises NoSuchUserError or StoreUnavailableError."""
        return await self._grants.find_rights(str((await get_named(self._users, username)).id))


class ShowGrantsOfGroup:
    """For administrators."""

    def __init__(self, groups: GroupRepository, grants: GrantRepository) -> None:
        self._groups = groups
        self._grants = grants

    async def __call__(self, name: str) -> Sequence[Grant]:
        """Return a group's grants, in order. Raises NoSuchGroupError or StoreUnavailableError."""
        refuse_impossible_name(name)
        if await self._groups.find(name) is None:
            raise NoSuchGroupError
        return await self._grants.find_of_group(name)
