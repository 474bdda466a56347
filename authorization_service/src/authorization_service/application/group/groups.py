"""Administration of groups."""

from collections.abc import Sequence
from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.group.group_repository import GroupRepository, refuse_impossible_name
from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.people import GroupCreated, GroupDeleted
from authorization_service.domain.exceptions import NoSuchGroupError
from authorization_service.domain.value_objects.group_name import GroupName
from shared_kernel.domain.grants import Grant


class CreateGroup:
    """Create a group. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, groups: GroupRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._groups = groups
        self._now = now

    async def __call__(self, principal: Principal, name: str) -> bool:
        """Create a group without members and grants. Returns False if one of this name exists.

        Raises RulesBrokenError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(principal)
        group = Group(GroupName(name), self._now())
        created = GroupCreated(user_id=by, occurred_at=group.created_at, group=name, by=by)
        return await self._groups.add(group, [created])


class DeleteGroup:
    """Delete a group. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, groups: GroupRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._groups = groups
        self._now = now

    async def __call__(self, principal: Principal, name: str) -> None:
        """Delete a group with its memberships and grants. Raises NoSuchGroupError or StoreUnavailableError."""
        by = await self._require_administrator(principal)
        refuse_impossible_name(name)
        deleted = GroupDeleted(user_id=by, occurred_at=self._now(), group=name, by=by)
        if not await self._groups.remove(name, [deleted]):
            raise NoSuchGroupError


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group, its members' username keys and its grants, both sorted."""

    group: Group
    members: Sequence[str]
    grants: Sequence[Grant]


class ShowGroup:
    """Show a group with its members and grants. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, groups: GroupRepository, grants: GrantRepository) -> None:
        self._require_administrator = require_administrator
        self._groups = groups
        self._grants = grants

    async def __call__(self, principal: Principal, name: str) -> ShownGroup:
        """Return a group. Raises NoSuchGroupError or StoreUnavailableError."""
        await self._require_administrator(principal)
        refuse_impossible_name(name)
        group = await self._groups.find(name)
        if group is None:
            raise NoSuchGroupError
        return ShownGroup(group, await self._groups.list_members(name), await self._grants.find_of_group(name))


class ListGroups:
    """List groups. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, groups: GroupRepository) -> None:
        self._require_administrator = require_administrator
        self._groups = groups

    async def __call__(self, principal: Principal, after: str, most: int) -> Sequence[Group]:
        """Return up to `most` groups with names greater than `after`, ordered by name. Raises StoreUnavailableError."""
        await self._require_administrator(principal)
        return await self._groups.list(after, most)
