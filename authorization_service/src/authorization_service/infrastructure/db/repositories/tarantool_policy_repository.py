"""Policies in Tarantool's space `policies`."""

from collections.abc import Sequence

from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.refusals import is_changed
from authorization_service.infrastructure.db.repositories.stored_events import to_stored
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPolicyRepository:
    """Implements PolicyRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def administrators_need_second_factor(self) -> bool:
        """Return whether they do."""
        return bool(await self._tarantool.call("policies.read", []))

    async def set_administrators_need_second_factor(self, is_needed: bool, events: Sequence[DomainEvent]) -> bool:
        """Store whether they do."""
        return is_changed(await self._tarantool.call("policies.set", [is_needed, to_stored(events)]))
