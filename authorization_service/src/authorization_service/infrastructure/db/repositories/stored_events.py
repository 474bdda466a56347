"""Domain events as arguments of stored functions."""

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
    """Return events as arrays: [type, user id or "", microseconds since 1970-01-01 UTC, other fields as JSON text] each."""
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
