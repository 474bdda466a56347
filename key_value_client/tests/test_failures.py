"""What clients do when answers are lost, and when the service or its database is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from key_value_client import AnswerLost, ClientClosed, KeyValueError, NotSent, StoreUnavailable
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator, open_client


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


async def test_a_read_whose_answer_is_lost_is_repeated(far: Any, relay: Relay, pairs: Any) -> None:
    await pairs.put("a", 1)
    relay.answers_to_lose = 3
    assert await far.namespace(pairs.name).get("a") == 1
    assert relay.requests == ["POST /read"] * 4


async def test_without_idempotency_keys_a_lost_write_is_not_repeated(store: Store, relay: Relay, kind: str, pairs: Any) -> None:
    options = as_administrator(store) | {"url": relay.url, "idempotency_keys": False}
    async with open_client(kind, **options) as client:
        there = client.namespace(pairs.name)
        await there.get("absent", None)
        relay.requests.clear()
        relay.answers_to_lose = 1
        with pytest.raises(AnswerLost) as caught:
            await there.increment("n")
        assert caught.value.request_id in str(caught.value)
        assert len(relay.requests) == 1
        assert await pairs.get("n") == 1

        def change(value: int) -> int:
            relay.answers_to_lose = 1
            return value + 1

        written = await pairs.put("a", 1)
        relay.requests.clear()
        with pytest.raises(AnswerLost):  # its repetition finds the revision that it made itself
            await there.update("a", change)
        assert len(relay.requests) == 3  # further repetitions would find the same
        assert await pairs.get("a") == 2
        assert (await pairs.find("a")).revision == written.revision + 1


async def test_a_service_that_is_silent_is_not_waited_for(store: Store, relay: Relay, kind: str) -> None:
    async with open_client(kind, **as_administrator(store) | {"url": relay.url, "timeout": 0.5, "retry_for": 0}) as client:
        await client.namespace("default").get("absent", None)
        relay.fall_silent()
        began = time.monotonic()
        with pytest.raises(AnswerLost):
            await client.namespace("default").get("absent", None)
        assert time.monotonic() - began < 3
        relay.go_on()


async def test_nobody_listens(store: Store, kind: str) -> None:
    async with open_client(kind, **as_administrator(store) | {"url": "http://127.0.0.1:1", "retry_for": 0.3}) as client:
        with pytest.raises(NotSent) as caught:
            await client.namespace("default").put("a", 1)
        assert isinstance(caught.value, KeyValueError)


async def test_a_closed_client_says_so(store: Store, kind: str) -> None:
    async with open_client(kind, **as_administrator(store)) as client:
        pass
    with pytest.raises(ClientClosed):
        await client.namespace("default").get("a")


async def test_a_database_that_comes_back_is_waited_for_as_long_as_the_service_asks(own_store: Store, kind: str) -> None:
    with Relay(own_store.key_value.port) as relay:
        async with open_client(kind, **as_administrator(own_store) | {"url": relay.url}) as client:
            there = client.namespace("default")
            await there.put("a", 1)
            own_store.key_value_tarantool.kill()
            async with open_client(kind, **as_administrator(own_store) | {"url": relay.url, "retry_for": 0}) as hasty:
                with pytest.raises(StoreUnavailable) as caught:
                    await hasty.namespace("default").get("a")
                assert caught.value.retry_after == 1
            relay.requests.clear()
            restart = asyncio.get_running_loop().run_in_executor(None, _restart_later, own_store)
            assert await there.get("a") == 1
            await restart
            assert 2 <= len(relay.requests) <= 12  # a second apart, at least, while the database is known to be away


def _restart_later(store: Store) -> None:
    time.sleep(2)
    store.key_value_tarantool.start()


async def test_a_service_that_restarts_is_waited_for(own_store: Store, kind: str) -> None:
    async with open_client(kind, **as_administrator(own_store)) as client:
        there = client.namespace("default")
        await there.put("a", 1)
        own_store.key_value.stop()
        restart = asyncio.get_running_loop().run_in_executor(None, own_store.key_value.start)
        assert (await there.increment("a")).value == 2
        await restart
