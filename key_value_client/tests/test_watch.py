"""Watches: for ever, each change once."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import AccessRefused, AsyncClient, Change, NamespaceMissing, RevisionGone, watching
from test_support.relay import Relay
from test_support.store import Store, running_store

from .conftest import SETTINGS, as_administrator, open_client


async def take(changes: AsyncIterator[Change[Any]], number: int) -> list[Change[Any]]:
    """Return the next changes of a watch."""
    return [await asyncio.wait_for(anext(changes), 60) for _ in range(number)]


async def test_changes_come_in_order(pairs: Any) -> None:
    start = (await pairs.stats()).revision
    await pairs.put("a/1", {"x": "\u2028\r\n\x85"})
    await pairs.put("b", 2, ttl=3600)
    await pairs.delete("a/1")
    all_of_them = await take(pairs.watch(after=start), 3)
    assert [(each.revision - start, each.kind, each.key, each.value) for each in all_of_them] == [
        (1, "written", "a/1", {"x": "\u2028\r\n\x85"}),
        (2, "written", "b", 2),
        (3, "deleted", "a/1", None),
    ]
    assert all_of_them[1].expires_at == (await pairs.find("b")).expires_at
    assert [each.kind for each in await take(pairs.watch("a/", after=start), 2)] == ["written", "deleted"]
    [removed] = await take(pairs.watch(after=start + 2, previous=True), 1)
    assert removed.previous == {"x": "\u2028\r\n\x85"}
    page = await pairs.changes(after=start, prefix="a/", limit=1)
    assert ([each.kind for each in page.changes], page.last) == (["written"], start + 1)
    assert (await pairs.changes(after=start + 3, wait=0.2)).changes == []
    assert (await pairs.changes(after=start + 2, previous=True)).changes == [removed]


async def test_without_a_revision_a_watch_begins_now(store: Store) -> None:
    async with AsyncClient(**as_administrator(store)) as client:
        there = client.namespace("default")
        key = f"now-{uuid4().hex}"
        await there.put(key, "before")
        changes = there.watch(key)
        first = asyncio.create_task(take(changes, 1))
        await asyncio.sleep(0.5)
        await there.put(key, "after")
        assert [change.value for change in await first] == ["after"]


@pytest.fixture(scope="module")
def brief_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Both services; access tokens live for five seconds."""
    settings = SETTINGS | {"AUTHORIZATION_ACCESS_TOKEN_SECONDS": "5"}
    with running_store(tmp_path_factory.mktemp("brief_store"), settings) as store:
        yield store


async def test_a_watch_outlives_everything_and_yields_each_change_once(brief_store: Store, kind: str) -> None:
    """Meanwhile connections are cut, the service restarts, its database is killed, and tokens expire."""
    async with AsyncClient(**as_administrator(brief_store)) as writer:
        name = f"test-{uuid4().hex}"
        await writer.create_namespace(name)
        with Relay(brief_store.key_value.port) as relay:
            async with open_client(kind, **as_administrator(brief_store) | {"url": relay.url}) as client:
                start = (await client.namespace(name).stats()).revision
                watching_thread = asyncio.create_task(follow(client.namespace(name), start))
                last = await write_while(writer.namespace(name), relay, brief_store)
                await writer.namespace(name).put("end", 1)
                seen = await asyncio.wait_for(watching_thread, 60)
    assert [change.revision for change in seen] == list(range(start + 1, last + 2))


async def follow(namespace: Any, after: int) -> list[Change[Any]]:
    """Return all changes up to that of the key `end`."""
    if not hasattr(namespace, "blocking"):
        return await follow_here(namespace, after)

    def collect() -> list[Change[Any]]:
        changes = []
        for change in namespace.blocking.watch(after=after):
            changes.append(change)
            if change.key == "end":
                break
        return changes

    return await asyncio.get_running_loop().run_in_executor(None, collect)


async def follow_here(namespace: Any, after: int) -> list[Change[Any]]:
    changes = []
    async for change in namespace.watch(after=after):
        changes.append(change)
        if change.key == "end":
            break
    return changes


async def write_while(namespace: Any, relay: Relay, store: Store) -> int:
    """Write for some eleven seconds, while everything fails once; return the last revision."""
    loop = asyncio.get_running_loop()
    revision = 0

    async def write(number: int) -> None:
        nonlocal revision
        for each in range(number):
            await namespace.put(f"key-{each % 7}", each)
            await asyncio.sleep(0.01)
        revision = (await namespace.stats()).revision

    for _ in range(3):
        await write(50)
        relay.cut()
        relay.answers_to_lose = 1
    await write(20)
    await loop.run_in_executor(None, store.key_value.stop)
    await loop.run_in_executor(None, store.key_value.start)
    await write(20)
    store.key_value_tarantool.kill()
    await loop.run_in_executor(None, store.key_value_tarantool.start)
    await write(20)
    await asyncio.sleep(6)  # the token that the watch began with has expired
    await write(20)
    return revision


async def test_a_connection_that_is_silent_is_given_up(
    store: Store, pairs: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SILENCE_SECONDS", 0.5)
    start = (await pairs.put("a", 0)).revision
    with Relay(store.key_value.port) as relay:
        async with open_client(kind, **as_administrator(store) | {"url": relay.url, "timeout": 0.5}) as client:
            changes = client.namespace(pairs.name).watch(after=start)
            await pairs.put("a", 1)
            assert (await take(changes, 1))[0].value == 1
            relay.fall_silent()
            await pairs.put("a", 2)
            asyncio.get_running_loop().run_in_executor(None, go_on_later, relay)
            assert (await take(changes, 1))[0].value == 2
            await pairs.put("a", 3)
            assert (await take(changes, 1))[0].value == 3
            assert sum("/watch" in request for request in relay.requests) > 1


def go_on_later(relay: Relay) -> None:
    asyncio.run(asyncio.sleep(2))
    relay.go_on()


async def test_changes_that_are_no_longer_kept_are_said_to_be(client: Any) -> None:
    name = f"test-{uuid4().hex}"
    await client.create_namespace(name, changes_kept=10)
    pairs = client.namespace(name)
    start = (await pairs.stats()).revision
    for number in range(0, 900, 300):
        await pairs.put_many({f"key-{each}": each for each in range(number, number + 300)})
    for attempt in itertools.count():  # the log is trimmed in the background
        if (await pairs.stats()).oldest_change > start + 1:
            break
        assert attempt < 100
        await asyncio.sleep(0.1)
    with pytest.raises(RevisionGone) as caught:
        await take(pairs.watch(after=start), 1)
    assert caught.value.oldest is not None
    assert caught.value.revision == start + 900
    with pytest.raises(RevisionGone):
        await pairs.changes(after=start)
    await client.delete_namespace(name, force=True)


async def test_a_watch_ends_with_its_namespace(client: Any) -> None:
    name = f"test-{uuid4().hex}"
    await client.create_namespace(name)
    pairs = client.namespace(name)
    start = (await pairs.put("a", 1)).revision
    changes = pairs.watch(after=start - 1)
    await take(changes, 1)
    await client.delete_namespace(name, force=True)
    with pytest.raises(NamespaceMissing):
        await take(changes, 1)
    with pytest.raises(NamespaceMissing):
        await take(client.namespace("absent").watch(), 1)


async def test_a_watch_ends_when_there_is_no_valid_token_any_more(store: Store, kind: str, pairs: Any) -> None:
    async with open_client(kind, **as_administrator(store)) as owner:
        await owner.log_in()
        token = (owner.blocking if kind == "blocking" else owner)._credentials._tokens.access_token
        async with open_client(kind, url=store.key_value.url, token=token) as client:
            start = (await pairs.put("a", 1)).revision
            changes = client.namespace(pairs.name).watch(after=start - 1)
            await take(changes, 1)
            await owner.log_out()
            with pytest.raises(AccessRefused):
                await take(changes, 1)
