"""The events in a Tarantool, read by another driver."""

import json
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

import tarantool

from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from test_support.processes import Tarantool

# The tests' own moments may lie years before Tarantool's clock, by which events are too old.
FOR_AGES = {"TARANTOOL_EVENTS_KEPT_DAYS": "36500"}


class Kept(NamedTuple):
    type: str
    user_id: str
    data: Any
    occurred_at: datetime
    username: str


def read_events(server: Tarantool) -> list[Kept]:
    """Return all events, in order."""
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as client:
        _, _, stored = client.call("events.list", "", "", "", 0, 1_000_000).data[0]
    assert [number for number, *_ in stored] == sorted({number for number, *_ in stored})
    return [
        Kept(kind, user_id, json.loads(data), EPOCH + occurred_at * MICROSECOND, username)
        for _, kind, user_id, occurred_at, data, username, _ in stored
    ]
