"""One process's view of the change log: a single call to Tarantool waits on behalf of all waiting requests."""

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

import structlog

from key_value_service.application.changes.change_feed import Feed
from key_value_service.domain.exceptions import NoSuchNamespaceError, RevisionGoneError
from key_value_service.domain.value_objects.change import Change, ChangePage
from key_value_service.domain.value_objects.value import Binary, answered_size
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.stored_changes import read_log
from key_value_service.infrastructure.db.stale_calls import GONE, ReplicaCalls
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

CALL_SECONDS = 1.0  # shorter than the timeout of a call to Tarantool
RETRY_SECONDS = 0.1
UNUSED_SECONDS = 30.0
MAX_CALL_BYTES = 4 * 1024 * 1024
# A page has some 64 KiB, or one change: that is all the memory that a slow reader costs.
PAGE_BYTES, PAGE_CHANGES = 64 * 1024, 1000
REMEMBERED_BYTES, REMEMBERED_CHANGES = 8 * 1024 * 1024, 10_000
REMEMBERED_BYTES_OF_ALL = 64 * 1024 * 1024
MAX_PAGES = 100
# Waking a reader and sending to it costs some 20 microseconds. So that this takes no more than a twentieth of the time, they are
# woken less often the more of them wait, with more changes each time.
WAKING_SECONDS, MAX_PAUSE = 0.0004, 0.1

_log = structlog.get_logger()


class _Topic:
    """The latest changes of one namespace, with consecutive revisions up to `last`: none from before revisions that are lost."""

    def __init__(self, namespace_id: int, last: int) -> None:
        self.id = namespace_id
        self.last = last
        self.is_gone = False
        self.waiting = 0
        self.used_at = time.monotonic()
        self.news = asyncio.Event()  # replaced when set, so that each waiting reader is woken once
        self._changes: deque[Change] = deque()
        self._bytes = 0
        self._pages: dict[int, ChangePage] = {}

    def skip(self, last: int) -> None:
        """Forget everything, because the log does not keep what follows: readers find out when they read the log themselves."""
        self._changes.clear()
        self._bytes = 0
        self.last = last
        self.wake()

    def append(self, changes: Sequence[Change], last: int, max_bytes: int) -> None:
        self._changes.extend(changes)
        self._bytes += sum(map(_weigh, changes))
        while len(self._changes) > REMEMBERED_CHANGES or (self._bytes > max_bytes and self._changes):
            self._bytes -= _weigh(self._changes.popleft())
        self.last = last
        self.wake()

    def wake(self) -> None:
        self._pages = {}
        self.news.set()
        self.news = asyncio.Event()

    def find_page(self, after: int) -> ChangePage | None:
        """Return the changes after a revision, the same page for all readers there; None if they are not remembered."""
        start = after - (self.last - len(self._changes))
        if start < 0:
            return None
        page = self._pages.get(after)
        if page is None:
            if len(self._pages) == MAX_PAGES:
                self._pages = {}
            page = self._pages[after] = _cut(islice(self._changes, start, start + PAGE_CHANGES), after)
        return page


class ChangeTail:
    """Implements ChangeFeed: follows each namespace that has readers, and remembers its latest changes.

    A reader that falls behind what is remembered reads the log itself, as far as the log is kept.
    """

    def __init__(self, tarantool: TarantoolConnection | ReplicaCalls) -> None:
        self._tarantool = tarantool
        self._topics: dict[int, _Topic] = {}
        self._wanted = asyncio.Event()
        self._call: asyncio.Task[Any] | None = None

    @property
    def waiting(self) -> int:
        """How many readers wait for a change."""
        return sum(topic.waiting for topic in self._topics.values())

    async def find(self, namespace: str, after: int | None = None) -> Feed:
        """Return the current state of a namespace's feed: not of an instance that has not come to a revision yet."""
        attached = await self._tarantool.call("changes.attach", [namespace])
        if isinstance(self._tarantool, ReplicaCalls) and _is_behind(attached, after):
            attached = await self._tarantool.call_leader("changes.attach", [namespace])
        return Feed(*unwrap(attached, REFUSALS))

    async def read(self, namespace_id: int, after: int, wait: float) -> ChangePage:
        """Return the changes after a revision."""
        topic = self._topics.get(namespace_id) or self._begin(namespace_id, after)
        topic.used_at = time.monotonic()
        if after >= topic.last:
            await self._wait(topic, after, wait)
        if topic.is_gone:
            raise NoSuchNamespaceError
        if after >= topic.last:
            return ChangePage((), after)
        return topic.find_page(after) or await self._fetch(namespace_id, after)

    def _begin(self, namespace_id: int, after: int) -> _Topic:
        topic = self._topics[namespace_id] = _Topic(namespace_id, after)
        self._wanted.set()
        if self._call is not None:
            self._call.cancel()  # the next call waits for this namespace, too
        return topic

    @staticmethod
    async def _wait(topic: _Topic, after: int, wait: float) -> None:
        topic.waiting += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    while after >= topic.last and not topic.is_gone:
                        await topic.news.wait()
        finally:
            topic.waiting -= 1
            topic.used_at = time.monotonic()

    async def _fetch(self, namespace_id: int, after: int) -> ChangePage:
        found = await self._tarantool.call("changes.follow", [[[namespace_id, after]], 0, PAGE_BYTES])
        if not found:
            return ChangePage((), after)
        ((_, revision, oldest, stored),) = found
        if revision == GONE:
            raise NoSuchNamespaceError
        if after < oldest - 1:
            raise RevisionGoneError(oldest, revision)
        changes, _ = read_log(stored, after)
        return _cut(changes, after) if changes else ChangePage((), revision)

    async def run(self) -> None:
        """Follow the namespaces that have readers, until cancelled."""
        while True:
            try:
                await self._follow_once()
            except StoreUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - logged with its traceback; readers wait until it is mended
                _log.exception("cannot follow the changes")
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow_once(self) -> None:
        self._drop_unused()
        if not self._topics:
            self._wanted.clear()
            await self._wanted.wait()
        cursors = [[topic.id, topic.last] for topic in self._topics.values()]
        self._call = asyncio.create_task(self._tarantool.call("changes.follow", [cursors, CALL_SECONDS, MAX_CALL_BYTES]))
        try:
            await asyncio.wait([self._call])
            if self._call.cancelled():
                return
            found = self._call.result()
        finally:
            self._call.cancel()
        for namespace_id, revision, oldest, stored in found:
            self._apply(self._topics[namespace_id], revision, oldest, stored)
        if found:
            woken = sum(self._topics[namespace_id].waiting for namespace_id, *_ in found if namespace_id in self._topics)
            await asyncio.sleep(min(woken * WAKING_SECONDS, MAX_PAUSE))

    def _apply(self, topic: _Topic, revision: int, oldest: int, stored: Sequence[Any]) -> None:
        if revision == GONE:
            topic.is_gone = True
            del self._topics[topic.id]
            topic.wake()
            return
        if topic.last < oldest - 1:
            topic.skip(oldest - 1)
        changes, last = read_log(stored, topic.last)
        if not changes:  # those up to the revision are lost
            topic.skip(max(topic.last, revision))
            return
        if last - topic.last > len(changes):
            changes = _drop_before_gap(changes)
            topic.skip(changes[0].revision - 1)
        topic.append(changes, last, min(REMEMBERED_BYTES, REMEMBERED_BYTES_OF_ALL // len(self._topics)))

    def _drop_unused(self) -> None:
        overdue = time.monotonic() - UNUSED_SECONDS
        for topic in [topic for topic in self._topics.values() if not topic.waiting and topic.used_at < overdue]:
            del self._topics[topic.id]


def _drop_before_gap(changes: list[Change]) -> list[Change]:
    """Return the last changes that have consecutive revisions."""
    start = len(changes) - 1
    while start > 0 and changes[start - 1].revision == changes[start].revision - 1:
        start -= 1
    return changes[start:]


def _is_behind(attached: Any, after: int | None) -> bool:
    """Return whether an instance has no such namespace, or fewer revisions: it may be behind."""
    _, *state = attached
    return not state or (after is not None and after > state[0])


def _size(change: Change) -> int:
    value = change.value or change.previous
    return len(change.key) + (0 if value is None else answered_size(value))


def _weigh(change: Change) -> int:
    """Return the memory of the texts: one character above U+FFFF makes all of its text take four bytes each."""
    value = change.value or change.previous
    return sys.getsizeof(change.key) + sys.getsizeof(value.packed if isinstance(value, Binary) else value)


def _cut(changes: Any, after: int) -> ChangePage:
    page: list[Change] = []
    size = 0
    for change in changes:
        size += _size(change)
        if page and (size > PAGE_BYTES or len(page) == PAGE_CHANGES):
            break
        page.append(change)
    return ChangePage(tuple(page), page[-1].revision if page else after)
