"""The cache keeps its promise: no value that has not been current within `max_stale` seconds, whatever happens meanwhile."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import Client, KeyMissing, TransportError
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator, open_client

MAX_STALE = 1.0


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    with Relay(store.key_value.port) as relay:
        yield relay


@pytest.fixture
async def near(store: Store, relay: Relay, kind: str, pairs: Any) -> AsyncIterator[Any]:
    """The namespace `pairs`, cached, behind the relay."""
    async with open_client(kind, **as_administrator(store) | {"url": relay.url, "timeout": 1.0, "retry_for": 0}) as client:
        yield await cache(client, pairs, relay, MAX_STALE)


@pytest.fixture
async def relaxed(store: Store, relay: Relay, kind: str, pairs: Any) -> AsyncIterator[Any]:
    """As `near`, with a bound that no slow machine reaches: what is asked for again is so because it changed."""
    async with open_client(kind, **as_administrator(store) | {"url": relay.url}) as client:
        yield await cache(client, pairs, relay, 600)


async def cache(client: Any, pairs: Any, relay: Relay, max_stale: float) -> Any:
    cached = client.namespace(pairs.name, cached=True, max_stale=max_stale)
    await cached.get("absent", None)
    await until_it_follows(cached, relay)
    return cached


async def until_it_follows(cached: Any, relay: Relay) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        before = relay.requests.count("POST /read")
        await cached.get("absent", None)
        if relay.requests.count("POST /read") == before:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the cache does not follow")


async def test_what_was_read_is_not_asked_for_again(relaxed: Any, pairs: Any, relay: Relay) -> None:
    await pairs.put_many({"a": {"b": [1]}, "c": None})
    await until_it_has(relaxed, {"a": {"b": [1]}, "c": None})
    with pytest.raises(KeyMissing):
        await relaxed.get("absent")
    before = relay.requests.count("POST /read")
    for _ in range(3):
        assert await relaxed.get("a") == {"b": [1]}
        assert await relaxed.get_many(["a", "c", "absent"]) == {"a": {"b": [1]}, "c": None}
        with pytest.raises(KeyMissing):
            await relaxed.get("absent")
    (await relaxed.get("a"))["b"].append(2)  # what a caller changes is its own
    assert await relaxed.get("a") == {"b": [1]}
    assert relay.requests.count("POST /read") == before


async def test_a_change_is_heard_of(relaxed: Any, pairs: Any) -> None:
    for number in range(5):
        await pairs.put("a", number)
        await until_it_has(relaxed, {"a": number})
    await pairs.delete("a")
    await until_it_has(relaxed, {})


async def until_it_has(cached: Any, expected: dict[str, Any]) -> None:
    deadline = time.monotonic() + 30
    while await cached.get_many(["a", "c"]) != expected:
        assert time.monotonic() < deadline, (expected, await cached.get_many(["a", "c"]))
        await asyncio.sleep(0.01)


async def test_ones_own_changes_are_seen_at_once(near: Any) -> None:
    for number in range(20):
        await near.put("a", number)
        assert await near.get("a") == number
    await near.increment("a")
    assert await near.get("a") == 20
    await near.put_many({"a": 1, "b": 2})
    assert await near.get_many(["a", "b"]) == {"a": 1, "b": 2}
    await near.delete("a")
    assert await near.get("a", None) is None
    await near.delete_many(["b"])
    assert await near.get("b", None) is None
    await near.put("c/1", 1)
    assert await near.get("c/1") == 1
    await near.delete_prefix("c/")
    assert await near.get_many(["c/1"]) == {}
    await near.import_lines(['{"key": "c/1", "value": 3}'])
    assert await near.get("c/1") == 3


async def test_a_pair_that_expires_is_gone_at_its_time(near: Any, pairs: Any, relay: Relay) -> None:
    await pairs.put("a", 1, ttl=6)
    ends = time.monotonic() + 6
    await asyncio.sleep(0.3)
    seen = []
    while time.monotonic() < ends + 0.3:
        seen.append((time.monotonic(), await near.get("a", None)))
        await asyncio.sleep(0.01)
    assert seen[0][1] == 1
    assert not [value for at, value in seen if value == 1 and at > ends]
    assert relay.requests.count("POST /read") < len(seen) - 50


async def test_while_the_network_is_cut_it_reads_through_and_says_so(near: Any, pairs: Any, relay: Relay) -> None:
    await pairs.put("a", 1)
    await asyncio.sleep(0.3)
    assert await near.get("a") == 1
    relay.fall_silent()
    await pairs.put("a", 2)
    cut = time.monotonic()
    while True:
        began = time.monotonic()
        if await read(near, "a") != 1:
            break
        assert began < cut + MAX_STALE
        await asyncio.sleep(0.01)
    assert await read(near, "a") is None
    relay.go_on()
    while (value := await read(near, "a")) is None:
        assert time.monotonic() < cut + 30
        await asyncio.sleep(0.1)
    assert value == 2
    await until_it_follows(near, relay)
    assert await near.get("a") == 2


async def read(namespace: Any, key: str) -> Any:
    """Return a value; None if it cannot be read."""
    try:
        return await namespace.get(key)
    except TransportError:
        return None


async def test_a_namespace_that_is_made_again_is_another_one(client: Any, store: Store, kind: str) -> None:
    name = f"test-{uuid4().hex}"
    await client.create_namespace(name)
    await client.namespace(name).put("a", 1)
    async with open_client(kind, **as_administrator(store)) as other:
        cached = other.namespace(name, cached=True, max_stale=MAX_STALE)
        for _ in range(10):
            assert await cached.get("a") == 1
            await asyncio.sleep(0.05)
        await client.delete_namespace(name, force=True)
        await client.create_namespace(name)
        await asyncio.sleep(MAX_STALE)
        assert await cached.get("a", None) is None
    await client.delete_namespace(name, force=True)


def test_it_cannot_be_caught_lying(store: Store) -> None:
    """One writes as fast as it can; others read from the cache while connections are cut and the network is silent."""
    name = f"test-{uuid4().hex}"
    acknowledged = [(time.monotonic(), 0)]
    lies, reads = [], 0
    ends = time.monotonic() + 8
    with (
        Client(**as_administrator(store)) as writing,
        Relay(store.key_value.port) as relay,
        Client(**as_administrator(store) | {"url": relay.url, "timeout": 0.5, "retry_for": 0}) as reading,
    ):
        writing.create_namespace(name)
        writing.namespace(name).put("n", 0)
        cached = reading.namespace(name, cached=True, max_stale=0.5)

        def write() -> None:
            number = 0
            while time.monotonic() < ends:
                number += 1
                writing.namespace(name).put("n", number)
                acknowledged.append((time.monotonic(), number))
                time.sleep(0.001 if number % 200 < 150 else 0.02)

        def read() -> None:
            nonlocal reads
            while time.monotonic() < ends:
                began = time.monotonic()
                try:
                    value = cached.get("n")
                except TransportError:
                    time.sleep(0.01)
                    continue
                must_be = max(number for at, number in acknowledged[-3000:] if at <= began - 0.5 or number == 0) if began else 0
                reads += 1
                if value < must_be:
                    lies.append((value, must_be))
                time.sleep(0.0002)

        threads = [threading.Thread(target=write), *(threading.Thread(target=read) for _ in range(3))]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(1)
            relay.cut()
            relay.answers_to_lose = 2
            time.sleep(0.5)
            relay.fall_silent()
            time.sleep(0.8)
            relay.go_on()
        for thread in threads:
            thread.join()
        hits = reads - relay.requests.count("POST /read")
    assert not lies
    assert hits > 100
