"""Domain events as stored functions take them."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from authorization_service.domain.events.domain_event import DomainEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_COMMON = frozenset(field.name for field in fields(DomainEvent))


def to_stored(events: Iterable[DomainEvent]) -> list[list[Any]]:
    """Return the last argument of a stored function that changes something."""
    return [
        [
            type(event).__name__,
            event.user_id or "",
            (event.occurred_at - EPOCH) // MICROSECOND,
            orjson.dumps(
                {field.name: getattr(event, field.name) for field in fields(event) if field.name not in _COMMON}
            ).decode(),
        ]
        for event in events
    ]
