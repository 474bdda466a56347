"""The port for storing grants."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.rights import Rights
from shared_kernel.domain.grants import Grant


class HolderKind(StrEnum):
    """The kinds of holders of grants."""

    USER = "user"
    GROUP = "group"


class Holder(NamedTuple):
    """A user by its id, or a group by its name."""

    kind: HolderKind
    id: str


class GrantRepository(Protocol):
    """All methods raise StoreUnavailableError.

    A change is one transaction: the grant, the revocation of the tokens that carry the former grants, and the events.
    """

    async def find_rights(self, user_id: str) -> Rights:
        """Return the grants of a user: none for an unknown user."""
        ...

    async def find_of_group(self, name: str) -> tuple[Grant, ...]:
        """Return the grants of a group, sorted: none for an unknown group."""
        ...

    async def give(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Give a grant. Returns False, and changes nothing, if it is already held.

        Raises NoSuchUserError, NoSuchGroupError, or LimitReachedError if the holder or a member of the group would hold more than
        a token may carry.
        """
        ...

    async def take(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Remove a grant. Returns False, and changes nothing, if it is not held. Raises NoSuchUserError or NoSuchGroupError."""
        ...
