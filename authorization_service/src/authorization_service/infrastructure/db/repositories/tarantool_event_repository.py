"""Events in Tarantool's space `events`."""

from typing import Any

import orjson

from authorization_service.application.event.event_repository import EventFilter, EventPage, KeptEvent
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolEventRepository:
    """Implements EventRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def list(self, wanted: EventFilter, after: int, most: int, *, newest_first: bool = False) -> EventPage:
        """Return up to `most` events after the number `after`, by number, or before it, the latest first."""
        last, forgotten, found = await self._tarantool.call("events.list", [*wanted, after, most, newest_first])
        return EventPage([_to_event(stored) for stored in found], last, forgotten)


def _to_event(stored: Any) -> KeptEvent:
    number, kind, user_id, occurred_at, data, username, _ = stored
    return KeptEvent(number, kind, user_id or None, username or None, EPOCH + occurred_at * MICROSECOND, orjson.loads(data))
