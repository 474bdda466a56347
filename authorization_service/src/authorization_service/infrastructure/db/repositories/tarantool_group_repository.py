"""Groups and memberships in Tarantool's spaces `groups` and `memberships`."""

from collections.abc import Sequence
from typing import Any

from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.group_name import GroupName
from authorization_service.infrastructure.db.repositories.refusals import BOUNDS, is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolGroupRepository:
    """Implements GroupRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def add(self, group: Group, events: Sequence[DomainEvent]) -> bool:
        """Insert a group. Return False if the name is taken."""
        stored = [group.name.value, (group.created_at - EPOCH) // MICROSECOND]
        return is_changed(await self._tarantool.call("groups.create", [stored, to_stored(events)]))

    async def remove(self, name: str, events: Sequence[DomainEvent]) -> bool:
        """Delete a group with its memberships and grants. Return False if there is no such group."""
        return is_changed(await self._tarantool.call("groups.delete", [name, to_stored(events)]))

    async def find(self, name: str) -> Group | None:
        """Return the group of this name."""
        stored = await self._tarantool.find("groups", name)
        return None if stored is None else _to_group(stored)

    async def list(self, after: str, most: int) -> Sequence[Group]:
        """Return up to `most` groups after the name `after`, by name."""
        return [_to_group(stored) for stored in await self._tarantool.call("groups.list", [after, most])]

    async def list_members(self, name: str) -> Sequence[str]:
        """Return the usernames of a group's members, in order."""
        usernames: list[str] = await self._tarantool.call("groups.list_members", [name])
        return usernames

    async def add_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Add a member. Return False if the user is one. Raises NoSuchGroupError, NoSuchUserError or LimitReachedError."""
        return is_changed(await self._tarantool.call("groups.add_member", [name, user_id, BOUNDS, to_stored(events)]))

    async def remove_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Remove a member. Return False if the user is none. Raises NoSuchGroupError."""
        return is_changed(await self._tarantool.call("groups.remove_member", [name, user_id, to_stored(events)]))


def _to_group(stored: Any) -> Group:
    name, created_at = stored
    return Group(GroupName(name), EPOCH + created_at * MICROSECOND)
