"""Values that were read, kept as long as the changes of their namespace say that they are current."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from key_value_client.batches import post
from key_value_client.channel import Channel
from key_value_client.errors import ClientClosed, KeyValueError, NamespaceMissing, RevisionGone
from key_value_client.flows import REQUEST_ID, Flow, Request, Response, Sleep
from key_value_client.values import ABSENT, dump, load, parse_time, take_values

MAX_KEYS = 10_000
MAX_STALE_SECONDS = 5.0
DATE_AGE = timedelta(seconds=3)
"""How much later it may be than an answer's field `Date` says, which has whole seconds and is renewed once a second or so."""
FORGOTTEN_SECONDS = 300.0
"""Longer than a read can take."""
MAX_WAIT_SECONDS = 10.0
"""How long the service may wait for changes, at most: it answers 422 beyond its own limit."""
PAUSE_SECONDS = 0.1
"""Where changes follow each other, they are heard of in groups, so often at least."""


@dataclass(frozen=True)
class Entry:
    """What was read: JSON as text, since callers may change what they get; anything else as it is."""

    value: Any
    is_text: bool
    revision: int
    deadline: float | None
    """When its pair expires, by the monotonic clock."""

    def get(self) -> Any:
        """Return the value."""
        return load(self.value) if self.is_text else self.value


class Cache:
    """The values of up to 10,000 keys of a namespace, dropped as changes of their pairs arrive.

    A value that `look_up` returns was current at most `max_stale` seconds ago: it is returned only if, within that time, it was
    asked for all changes, and the answer has come. The service answers as soon as there are some, and four times in that time if
    there are none.
    """

    def __init__(self, name: str, channel: Channel, url: str, max_stale: float, start: Callable[[Flow[None]], None]) -> None:
        self._name = name
        self._channel = channel
        self._url = url
        self._max_stale = max_stale
        self._wait = round(min(MAX_WAIT_SECONDS, max_stale / 4), 3)
        self._start: Callable[[Flow[None]], None] | None = start
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._forgotten: dict[str, float] = {}
        self._all_forgotten = float("-inf")
        self._position: int | None = None
        """The revision up to which changes are known."""
        self._verified = float("-inf")
        """When these were asked for."""
        self.is_closed = False

    def look_up(self, key: str) -> Entry | None:
        """Return what is known of a key, if it is known to be current."""
        entry = self._entries.get(key)
        now = time.monotonic()
        if entry is None or now - self._verified > self._max_stale or (entry.deadline is not None and now >= entry.deadline):
            return None
        return entry

    def read_values(self, keys: list[str]) -> Flow[tuple[dict[str, Any], str]]:
        """Read values from the service, and keep them; return those that exist, and the request's id."""
        with self._lock:
            start, self._start = self._start, None
        if start is not None:
            start(self._follow())
        began = time.monotonic()
        body = {"keys": keys, "namespace": self._name, "metadata": True}
        response = yield from post(self._channel, "/read", body, safe=True)
        answer = load(response.body)
        values = take_values(answer)
        lifetimes = _find_lifetimes(response, answer["metadata"])
        with self._lock:
            for key in keys:
                self._keep(key, values.get(key, ABSENT), answer["revision"], began, lifetimes.get(key))
        return values, response.headers.get(REQUEST_ID, "")

    def forget(self, keys: Iterable[str] | None = None) -> None:
        """Drop what a change of one's own may have made old: keys, or everything."""
        with self._lock:
            now = time.monotonic()
            if keys is None:
                self._entries.clear()
                self._all_forgotten = now
            else:
                for key in keys:
                    self._entries.pop(key, None)
                    self._forgotten[key] = now

    def _follow(self) -> Flow[None]:
        """Hear of changes until the cache is closed. While that fails, reads read through."""
        while not self.is_closed:
            pause = yield from self._try_to_hear()
            if pause:
                yield Sleep(pause)

    def _try_to_hear(self) -> Flow[float]:
        """Hear of changes; return for how long to wait then: the longer if it failed."""
        try:
            return (yield from self._hear())
        except (RevisionGone, NamespaceMissing):
            with self._lock:
                self._position = None
                self._entries.clear()
            return min(1.0, self._max_stale)
        except ClientClosed:
            self.is_closed = True
            return 0.0
        except KeyValueError:
            return min(1.0, self._max_stale / 4)

    def _hear(self) -> Flow[float]:
        """Wait for changes, and drop what they concern; return for how long to wait before the next."""
        asked = time.monotonic()
        if self._position is None:
            yield from self._fetch({"limit": 1})
        elif (yield from self._fetch({"after": self._position, "wait": self._wait})):
            # A page may be cut anywhere: it tells nothing of what is behind it. That is what the present revision is for.
            asked = time.monotonic()
            statistics = load((yield from self._get("/stats", {})).body)
            while self._position < statistics["revision"]:
                if not (yield from self._fetch({"after": self._position})):
                    return 0.0
            self._verified = asked
            return min(PAUSE_SECONDS, self._max_stale / 50)
        self._verified = asked
        return 0.0

    def _fetch(self, params: Mapping[str, Any]) -> Flow[int]:
        """Fetch a page of changes; return how many it has."""
        page = load((yield from self._get("/changes", params)).body)
        with self._lock:
            for change in page["changes"]:
                entry = self._entries.get(change["key"])
                if entry is not None and entry.revision < change["revision"]:
                    del self._entries[change["key"]]
            self._position = page["last"]
            oldest = time.monotonic() - FORGOTTEN_SECONDS
            self._forgotten = {key: at for key, at in self._forgotten.items() if at > oldest}
        return len(page["changes"])

    def _get(self, path: str, params: Mapping[str, Any]) -> Flow[Response]:
        request = Request("GET", self._url + path, params, safe=True, timeout=max(0.5, 4 * self._wait))
        return (yield from self._channel.attempt(request))

    def _keep(self, key: str, value: Any, revision: int, began: float, lifetime: float | None) -> None:
        if self._position is None or revision < self._position:  # a change in between may have passed already
            return
        if began <= max(self._all_forgotten, self._forgotten.get(key, float("-inf"))):
            return
        is_text = isinstance(value, dict | list)
        deadline = None if lifetime is None else began + lifetime
        self._entries[key] = Entry(dump(value) if is_text else value, is_text, revision, deadline)
        if len(self._entries) > MAX_KEYS:
            del self._entries[next(iter(self._entries))]


def _find_lifetimes(response: Response, metadata: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds, by key, for which pairs that expire live at least, by the service's clock."""
    expiries: dict[str, datetime] = {}
    for key, members in metadata.items():
        expires_at = parse_time(members["expires_at"])
        if expires_at is not None:
            expiries[key] = expires_at
    if not expiries:
        return {}
    now = parsedate_to_datetime(response.headers["date"]) + DATE_AGE
    return {key: (expires_at - now).total_seconds() for key, expires_at in expiries.items()}
