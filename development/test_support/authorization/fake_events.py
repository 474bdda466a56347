"""The fake of EventRepository, with the events of InMemoryUserRepository."""

from dataclasses import fields
from typing import Any

from authorization_service.application.event.event_repository import EventFilter, EventPage, KeptEvent
from authorization_service.domain.events.domain_event import DomainEvent
from test_support.authorization.fakes import InMemoryUserRepository


class InMemoryEventRepository:
    """Implements EventRepository. It deletes nothing, and knows the names of deleted users, too."""

    def __init__(self, users: InMemoryUserRepository) -> None:
        self._users = users

    async def list(self, wanted: EventFilter, after: int, most: int, *, newest_first: bool = False) -> EventPage:
        """Return events, ordered by number, or the latest first."""
        self._users.refuse_if_unavailable()
        kept = [self._keep(number, event) for number, event in enumerate(self._users.events, 1)]
        found = [event for event in kept if _is_wanted(event, wanted)]
        if newest_first:
            found = [event for event in reversed(found) if event.number < after]
        else:
            found = [event for event in found if event.number > after]
        return EventPage(found[:most], len(kept), 0)

    def _keep(self, number: int, event: DomainEvent) -> KeptEvent:
        username = self._users.names.get(event.user_id or "")
        return KeptEvent(number, type(event).__name__, event.user_id, username, event.occurred_at, to_data(event))


def to_data(event: DomainEvent) -> dict[str, Any]:
    """Return the fields of an event's type, as JSON values."""
    names = [field.name for field in fields(event) if field.name not in {"user_id", "occurred_at"}]
    values = {name: getattr(event, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _is_wanted(event: KeptEvent, wanted: EventFilter) -> bool:
    return (
        wanted.type in {"", event.type}
        and wanted.user_id in {"", event.user_id}
        and wanted.username_key in {"", (event.username or "").lower()}
    )
