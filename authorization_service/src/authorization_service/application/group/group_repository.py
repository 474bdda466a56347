"""The port for storing groups and memberships."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import NoSuchGroupError
from authorization_service.domain.value_objects.group_name import GroupName


class GroupRepository(Protocol):
    """All methods raise StoreUnavailableError.

    A change is one transaction: the change itself, the revocation of the tokens that carry the former grants, and the events.
    """

    async def add(self, group: Group, events: Sequence[DomainEvent]) -> bool:
        """Add a group. Returns False, and changes nothing, if one of this name exists."""
        ...

    async def remove(self, name: str, events: Sequence[DomainEvent]) -> bool:
        """Delete a group with its memberships and grants. Returns False if there is none."""
        ...

    async def find(self, name: str) -> Group | None:
        """Return the group of this name, or None."""
        ...

    async def list(self, after: str, most: int) -> Sequence[Group]:
        """Return up to `most` groups with names greater than `after`, ordered by name."""
        ...

    async def list_members(self, name: str) -> Sequence[str]:
        """Return the username keys of a group's members, sorted."""
        ...

    async def add_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Add a member. Returns False, and changes nothing, if the user is one.

        Raises NoSuchGroupError, NoSuchUserError, or LimitReachedError if the group would have too many members, or the user too
        many groups or more grants than a token may carry.
        """
        ...

    async def remove_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Remove a member. Returns False if the user is none. Raises NoSuchGroupError."""
        ...


def refuse_impossible_name(name: str) -> None:
    """Raise NoSuchGroupError for an invalid name, without asking the store."""
    if any(GroupName.find_violations(name)):
        raise NoSuchGroupError
