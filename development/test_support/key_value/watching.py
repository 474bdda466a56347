"""Following changes like a client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

WATCH, CHANGES = "/namespaces/default/watch", "/namespaces/default/changes"


class Event(dict[str, Any]):
    """The data of an event, with its name and id."""

    name: str
    id: int | None


def read_events(lines: Iterator[str]) -> Iterator[Event]:
    """Parse events as the standard says (HTML, 9.2.6); an id without data yields an empty event without a name."""
    name, data, event_id, has_id = "message", "", None, False
    for line in lines:
        field, _, value = line.partition(": ") if not line.startswith(":") else ("", "", "")
        match field:
            case "event":
                name = value
            case "data":
                data += value
            case "id":
                event_id, has_id = int(value), True
        if line == "":
            if data or has_id:
                event = Event(json.loads(data) if data else {})
                event.name, event.id = name if data else "", event_id
                yield event
            name, data, has_id = "message", "", False


@contextmanager
def watch(client: httpx.Client, path: str = WATCH, **headers: str) -> Iterator[Iterator[Event]]:
    """Provide the events of a stream; the id of the first one is the revision where it begins."""
    with client.stream("GET", path, headers=headers, timeout=20) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-store"
        yield read_events(response.iter_lines())


def new_prefix() -> str:
    """Return a prefix that no other test's keys have."""
    return f"{uuid4().hex}/"


def write(client: httpx.Client, data: dict[str, object], **terms: object) -> int:
    """Write pairs, and return the revision of the last one."""
    revision: int = client.post("/write", json={"data": data, **terms}).raise_for_status().json()["revision"]
    return revision
