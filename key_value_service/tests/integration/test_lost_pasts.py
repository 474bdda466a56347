"""Random histories, interrupted by putting older copies of the data back: no revision is used twice, and followers notice."""

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

from key_value_service.domain.exceptions import NoSuchNamespaceError, RevisionGoneError
from key_value_service.domain.value_objects.change import Change
from key_value_service.infrastructure.db.change_tail import ChangeTail
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.connections import connected
from test_support.processes import Tarantool
from test_support.restoring import copy_data, put_back

NAMESPACES, KEYS = ("one", "other"), ("a", "b", "c")
RESTARTS, RESTORES = 4, 12
MAX_CHANGES = 8
SETTINGS = ["", None, None, None, 5]  # so few changes are kept that followers meet the end of the log, too


class _Store:
    """Changes at random, through the stored functions."""

    def __init__(self, connection: TarantoolConnection, dice: random.Random) -> None:
        self._connection = connection
        self._dice = dice
        self._values = itertools.count()
        self.seen: dict[tuple[str, int], tuple[str, str | None]] = {}
        """By namespace and revision, the pair that changed and its new value."""

    def see(self, name: str, revision: int, key: str, value: str | None) -> None:
        """Remember a change. Raises AssertionError where the revision is known as that of another one."""
        assert self.seen.setdefault((name, revision), (key, value)) == (key, value)

    async def call(self, function: str, *arguments: Any) -> Any:
        """Call a stored function, also while Tarantool is starting."""
        for _ in range(600):
            try:
                return await self._connection.call(function, list(arguments))
            except StoreUnavailableError:
                await asyncio.sleep(0.1)
        raise AssertionError(f"{function} is not answered")

    async def change(self) -> None:
        """Write, delete, or make a namespace anew."""
        name, key = self._dice.choice(NAMESPACES), self._dice.choice(KEYS)
        match self._dice.choice(["write"] * 6 + ["delete"] * 2 + ["anew"]):
            case "write":
                value = str(next(self._values))
                revision, *_ = await self.call("key_value.write", name, [[key, value]], None, False, {})
                self.see(name, revision, key, value)
            case "delete":
                revision, missing = await self.call("key_value.delete", name, [key], {})
                if not missing:
                    self.see(name, revision, key, None)
            case "anew":
                await self.call("namespaces.delete", name, True)
        await self.call("namespaces.put", name, SETTINGS, 10)

    async def read(self, name: str) -> tuple[dict[str, str], int]:
        """Return the pairs of a namespace, and its revision."""
        pairs, revision, *_ = await self.call("ranges.list", name, "", None, 100, 2**20, False, False)
        return {pair[1]: pair[2] for pair in pairs}, revision


class _Follower:
    """Keeps a copy of a namespace by following its changes, and starts over where it has to."""

    def __init__(self, name: str, store: _Store, tail: ChangeTail) -> None:
        self._name = name
        self._store = store
        self._tail = tail
        self._pairs: dict[str, Any] = {}
        self._position: int | None = None
        self.begun = 0
        self.resumed = 0

    async def catch_up(self) -> None:
        """Follow until the copy must be exact, and check that it is."""
        received: list[Change] = []
        expected, revision = await self._store.read(self._name)
        if self._position is not None:
            try:
                feed = await self._tail.find(self._name)
                position = feed.resume(self._position)
                while position < revision:
                    page = await self._tail.read(feed.namespace_id, position, 1.0)
                    received += page.changes
                    position = page.last
                self._position = position
                self.resumed += 1
            except (RevisionGoneError, NoSuchNamespaceError):
                self._position = None
        if self._position is None:
            self._pairs, self._position = dict(expected), revision
            self.begun += 1
            return
        for change in received:
            self._pairs.pop(change.key, None)
            if change.value is not None:
                self._pairs[change.key] = change.value
            self._store.see(self._name, change.revision, change.key, self._pairs.get(change.key))
        assert self._pairs == expected


async def test_no_revision_is_seen_with_two_changes_whatever_copies_are_put_back(database: Tarantool, tmp_path: Path) -> None:
    dice = random.Random()  # noqa: S311
    copies: list[Path] = []
    async with connected(database) as connection:
        store, tail = _Store(connection, dice), ChangeTail(connection)
        for name in NAMESPACES:
            await store.call("namespaces.put", name, SETTINGS, 10)
        async with in_background(tail.run()):
            followers = [_Follower(name, store, tail) for name in NAMESPACES for _ in range(3)]
            turns = ["restart"] * RESTARTS + ["restore"] * RESTORES
            dice.shuffle(turns)
            for turn in turns:
                copies.append(await asyncio.to_thread(copy_data, database, tmp_path / f"copy-{len(copies)}"))
                for _ in range(dice.randint(1, MAX_CHANGES)):
                    await store.change()
                    for follower in dice.sample(followers, 2):
                        await follower.catch_up()
                revisions = [(await store.read(name))[1] for name in NAMESPACES]
                if turn == "restore":
                    await asyncio.to_thread(put_back, database, dice.choice(copies))
                else:
                    await asyncio.to_thread(database.kill)
                    await asyncio.to_thread(database.start)
                    assert [(await store.read(name))[1] for name in NAMESPACES] == revisions
    assert len(store.seen) > RESTORES
    assert sum(follower.resumed for follower in followers) > sum(follower.begun for follower in followers) / 2 > 0
