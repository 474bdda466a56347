"""Changes whose answers are lost are repeated, and done once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from key_value_client import StoreFull, Written
from test_support.relay import Relay
from test_support.store import Store, running_store

from .conftest import SETTINGS, as_administrator, open_client


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    with Relay(store.key_value.port) as relay:
        yield relay


@pytest.fixture
async def far(store: Store, relay: Relay, kind: str) -> AsyncIterator[Any]:
    """A client behind the relay, which has a token and a connection."""
    async with open_client(kind, **as_administrator(store) | {"url": relay.url, "timeout": 1.0}) as client:
        await client.namespace("default").get("absent", None)
        relay.requests.clear()
        yield client


@pytest.mark.parametrize("losses", [1, 3])
async def test_an_increment_whose_answer_is_lost_is_done_once(far: Any, relay: Relay, pairs: Any, losses: int) -> None:
    relay.answers_to_lose = losses
    assert (await far.namespace(pairs.name).increment("n")).value == 1
    assert (await pairs.find("n")).version == 1


async def test_every_change_whose_answer_is_lost_is_done_once(far: Any, relay: Relay, pairs: Any) -> None:
    there = far.namespace(pairs.name)
    start = (await pairs.stats()).revision

    async def lose(operation: Any) -> Any:
        relay.answers_to_lose = 1
        result = await operation
        assert relay.answers_to_lose == 0
        return result

    assert await lose(there.put("a", {})) == Written(start + 1, created=True)
    assert await lose(there.put("a", {}, if_revision=start + 1)) == Written(start + 2, created=False)
    assert (await lose(there.put_many({"a": {}, "b": 2}, if_absent=True))).skipped == ["a"]
    assert (await lose(there.patch("a", {"x": 1}))).revision == start + 4
    assert (await lose(there.update("b", lambda value: value + 1))).value == 3
    assert await lose(there.delete("a")) is True
    assert (await lose(there.delete_many(["a", "b"]))).deleted == 1
    assert (await pairs.stats()).revision == start + 7


async def test_what_is_too_large_to_be_kept_is_done_without_a_key(pairs: Any) -> None:
    await pairs.put("a", "x" * 100_000)
    assert await pairs.pop("a") == "x" * 100_000
    assert (await pairs.delete_many([f"{number:0500}" for number in range(200)])).deleted == 0


async def test_pairs_can_be_deleted_where_memory_is_full(tmp_path: Path, kind: str) -> None:
    with running_store(tmp_path, SETTINGS, environment={"TARANTOOL_MEMTX_MEMORY": str(64 * 2**20)}) as store:
        async with open_client(kind, **as_administrator(store)) as client:
            there = client.namespace("default")
            kept = []
            with suppress(StoreFull):
                for number in range(200):
                    await there.put(f"{number}", "x" * 1_000_000)
                    kept.append(f"{number}")
            assert 20 < len(kept) < 200
            assert await there.delete(kept[0]) is True
            assert (await there.delete_many(kept[1:5])).deleted == 4


async def test_a_sum_is_exact_although_answers_are_lost_and_the_database_is_killed(own_store: Store, kind: str) -> None:
    with Relay(own_store.key_value.port) as relay:
        async with open_client(kind, **as_administrator(own_store) | {"url": relay.url, "timeout": 5.0}) as client:
            there = client.namespace("default")
            working = asyncio.gather(*(add(there, 60) for _ in range(5)))
            for _ in range(2):
                for _ in range(10):
                    await asyncio.sleep(0.1)
                    relay.answers_to_lose = 1
                own_store.key_value_tarantool.kill()
                relay.cut()
                await asyncio.get_running_loop().run_in_executor(None, own_store.key_value_tarantool.start)
            await working
            assert await there.get("sum") == 300


async def add(namespace: Any, times: int) -> None:
    if not hasattr(namespace, "blocking"):
        for _ in range(times):
            await namespace.increment("sum")
            await asyncio.sleep(0.03)
        return

    def add_here() -> None:
        for _ in range(times):
            namespace.blocking.increment("sum")
            time.sleep(0.03)

    await asyncio.get_running_loop().run_in_executor(None, add_here)
