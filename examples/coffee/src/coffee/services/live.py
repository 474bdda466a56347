"""What happens in rooms, as it happens: one watch of the store for each process, handed out to all who listen.

The watch brings entries of a room's log. Their numbers have no gap, so a listener knows what it has not seen: that, and all that
was missed while it was away, is read from the log.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from coffee.db import keys
from coffee.db.models.chat import Presence
from coffee.db.models.message import Entry
from coffee.db.models.user import User
from coffee.services.chat_service import ChatService
from key_value_client import AsyncNamespace, Change, KeyMissing, KeyValueError

BEAT_SECONDS = 10.0
PRESENT_SECONDS = 30.0
PAUSE_SECONDS = 0.5
MAX_KEPT = 100


@dataclass(eq=False)
class Listener:
    """What has come for one who listens, and was not fetched. `is_behind`: more than that may have happened."""

    entries: list[Entry] = field(default_factory=list)
    is_behind: bool = True
    is_presence_new: bool = True
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, entry: Entry) -> None:
        """Keep an entry; one who fetches too slowly reads the log instead."""
        if len(self.entries) >= MAX_KEPT:
            self.entries.clear()
            self.is_behind = True
        self.entries.append(entry)
        self.woken.set()

    def wake(self, *, is_behind: bool = False) -> None:
        """Let the listener look who is there, and with `is_behind` what was said."""
        self.is_behind |= is_behind
        self.is_presence_new = True
        self.woken.set()

    def fetch(self) -> "Listener":
        """Return what has come, and begin anew."""
        fetched = Listener(self.entries, self.is_behind, self.is_presence_new)
        self.entries, self.is_behind, self.is_presence_new = [], False, False
        self.woken.clear()
        return fetched


class LiveRooms:
    """Hands out the changes of rooms."""

    def __init__(self, namespace: AsyncNamespace, chats: ChatService) -> None:
        self._namespace = namespace
        self._chats = chats
        self._listeners: dict[str, set[Listener]] = {}
        self._departures: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Watch the store until it is cancelled. What happened while it could not be watched is read from the logs."""
        while True:
            with suppress(KeyValueError):
                position = (await self._namespace.stats()).revision
                for listener in [each for listeners in self._listeners.values() for each in listeners]:
                    listener.wake(is_behind=True)
                async for change in self._namespace.watch(keys.CHATS, after=position):
                    self._hand_out(change)
            await asyncio.sleep(PAUSE_SECONDS)

    async def follow(
        self, room_id: str, user: User, after: int | None, check: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[Entry | list[Presence], None]:
        """Yield each entry after a number (None: after the last one), once and in order, and who is there when that changes.

        The user is there, too, meanwhile. `check` is called every BEAT_SECONDS, and ends it by raising.
        """
        last = await self._chats.get_last(room_id) if after is None else after
        connection = keys.presence(room_id, user.id, uuid4().hex)
        with self._listening(room_id) as listener:
            await self._stay(connection, user)
            try:
                due = asyncio.get_running_loop().time() + BEAT_SECONDS
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout_at(due):
                            await listener.woken.wait()
                    if asyncio.get_running_loop().time() >= due:
                        await check()
                        await self._stay(connection, user)
                        due = asyncio.get_running_loop().time() + BEAT_SECONDS
                    news = listener.fetch()
                    entries = [entry for entry in news.entries if entry.number > last]
                    if news.is_behind or (entries and entries[0].number > last + 1):
                        entries = await self._chats.read_log(room_id, last)
                    for entry in entries:
                        last = entry.number
                        yield entry
                    if news.is_presence_new:
                        yield await self.list_present(room_id)
            finally:
                self._leave(connection)

    async def list_present(self, room_id: str) -> list[Presence]:
        """Return who is in a room, each once, by id."""
        found = [Presence.model_validate(pair.value) async for pair in self._namespace.scan(keys.presence(room_id))]
        return list({each.user: each for each in found}.values())

    async def close(self) -> None:
        """Wait until all who have left are gone from their rooms."""
        await asyncio.gather(*self._departures, return_exceptions=True)

    @contextmanager
    def _listening(self, room_id: str) -> Iterator[Listener]:
        listener = Listener()
        listener.woken.set()
        self._listeners.setdefault(room_id, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[room_id].discard(listener)
            if not self._listeners[room_id]:
                del self._listeners[room_id]

    async def _stay(self, connection: str, user: User) -> None:
        try:
            await self._namespace.expire(connection, PRESENT_SECONDS)  # no change that others would hear of
        except KeyMissing:
            presence = Presence(user=user.id, name=user.name)
            await self._namespace.put(connection, presence.model_dump(), ttl=PRESENT_SECONDS)

    def _leave(self, connection: str) -> None:
        """Go in the background: whoever has disconnected is cancelled, and could not wait."""
        task = asyncio.ensure_future(self._namespace.delete(connection))
        self._departures.add(task)
        task.add_done_callback(self._departures.discard)

    def _hand_out(self, change: Change[Any]) -> None:
        room_id, _, rest = change.key.removeprefix(keys.CHATS).partition("/")
        for listener in self._listeners.get(room_id, ()):
            if rest.startswith("presence/"):
                listener.wake()
            elif rest.startswith("log/") and change.kind == "written":
                listener.add(Entry.model_validate(change.value))
