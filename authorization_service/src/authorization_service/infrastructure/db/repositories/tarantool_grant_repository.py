"""Grants in Tarantool's space `grants`."""

from collections.abc import Iterable, Sequence

from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.rights import Rights
from authorization_service.infrastructure.db.repositories.refusals import BOUNDS, is_changed
from authorization_service.infrastructure.db.repositories.stored_events import to_stored
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolGrantRepository:
    """Implements GrantRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def find_rights(self, user_id: str) -> Rights:
        """Return a user's own grants and those of its groups."""
        own, by_group = await self._tarantool.call("grants.explain", [user_id])
        return Rights(_to_grants(own), {group: _to_grants(texts) for group, texts in by_group})

    async def find_of_group(self, name: str) -> tuple[Grant, ...]:
        """Return a group's grants, in order."""
        return _to_grants(await self._tarantool.call("grants.list", [HolderKind.GROUP, name]))

    async def give(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Give a grant. Return False if it is held already. Raises NoSuchUserError, NoSuchGroupError or LimitReachedError."""
        return is_changed(await self._tarantool.call("grants.give", [*holder, str(grant), BOUNDS, to_stored(events)]))

    async def take(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Take a grant back. Return False if it is not held. Raises NoSuchUserError or NoSuchGroupError."""
        return is_changed(await self._tarantool.call("grants.take", [*holder, str(grant), to_stored(events)]))


def _to_grants(texts: Iterable[str]) -> tuple[Grant, ...]:
    return tuple(sorted(map(Grant.parse, texts)))
