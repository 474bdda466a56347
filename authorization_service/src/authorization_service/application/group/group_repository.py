"""Where groups and who is in them are kept."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import NoSuchGroupError
from authorization_service.domain.value_objects.group_name import GroupName


class GroupRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach.

    A change is kept whole or not at all: what changes, the end of the tokens that carry the former grants, and the events.
    """

    async def add(self, group: Group, events: Sequence[DomainEvent]) -> bool:
        """Keep a new group; False, and nothing changed, where there is one of this name."""
        ...

    async def remove(self, name: str, events: Sequence[DomainEvent]) -> bool:
        """Remove a group with its memberships and its grants; False where there is none."""
        ...

    async def find(self, name: str) -> Group | None:
        """Return the group of this name."""
        ...

    async def list(self, after: str, most: int) -> Sequence[Group]:
        """Return up to `most` groups behind the name `after`, by name."""
        ...

    async def list_members(self, name: str) -> Sequence[str]:
        """Return the username keys of a group's members, in order."""
        ...

    async def add_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Make a user a member; False, and nothing changed, where it is one.

        Raises NoSuchGroupError, NoSuchUserError, or LimitReachedError where the group would have too many members, or the user
        too many groups or more grants than a token may carry.
        """
        ...

    async def remove_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """End a membership; False where there is none. Raises NoSuchGroupError."""
        ...


def refuse_impossible_name(name: str) -> None:
    """Raise NoSuchGroupError for what no group can be called: the store is not asked for it."""
    if any(GroupName.find_violations(name)):
        raise NoSuchGroupError
