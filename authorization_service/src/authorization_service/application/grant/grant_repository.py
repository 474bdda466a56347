"""Where grants are kept."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.rights import Rights
from shared_kernel.domain.grants import Grant


class HolderKind(StrEnum):
    """Who may hold grants."""

    USER = "user"
    GROUP = "group"


class Holder(NamedTuple):
    """A user by its id, or a group by its name."""

    kind: HolderKind
    id: str


class GrantRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach.

    A change is kept whole or not at all: the grant, the end of the tokens that carry the former grants, and the events.
    """

    async def find_rights(self, user_id: str) -> Rights:
        """Return what a user may do: nothing, where there is no such user."""
        ...

    async def find_of_group(self, name: str) -> tuple[Grant, ...]:
        """Return the grants of a group, in order: none, where there is no such group."""
        ...

    async def give(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Give a grant; False, and nothing changed, where it is held already.

        Raises NoSuchUserError, NoSuchGroupError, or LimitReachedError where the holder or a member of the group would hold more
        than a token may carry.
        """
        ...

    async def take(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Take a grant back; False, and nothing changed, where it is not held. Raises NoSuchUserError or NoSuchGroupError."""
        ...
