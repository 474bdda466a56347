"""Concurrent calls of one turn of the event loop are one request, and each caller gets its own outcome."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import AnswerLost, AsyncClient, AsyncNamespace, KeyMissing, QuotaExceeded, RuleBroken
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    with Relay(store.key_value.port) as relay:
        yield relay


@pytest.fixture
async def client(store: Store, relay: Relay) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(**as_administrator(store) | {"url": relay.url, "retry_for": 0}) as client:
        await client.log_in()
        yield client


@pytest.fixture
async def pairs(client: AsyncClient, relay: Relay) -> AsyncNamespace[Any]:
    name = f"test-{uuid4().hex}"
    await client.create_namespace(name)
    relay.requests.clear()
    return client.namespace(name, coalesce_puts=True)


async def gather(*calls: Any) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_concurrent_gets_are_one_request(pairs: AsyncNamespace[Any], client: AsyncClient, relay: Relay) -> None:
    await pairs.put_many({f"{number}": number for number in range(1000)})
    relay.requests.clear()
    other = client.namespace(pairs.name)
    found = await gather(*(pairs.get(f"{number}") for number in range(1000)), *(other.get("7") for _ in range(5)))
    assert found == [*range(1000), *[7] * 5]
    assert relay.requests == ["POST /read"]
    await gather(*(pairs.get(f"{number}", None) for number in range(2500)))
    assert relay.requests == ["POST /read"] * 4


async def test_each_get_has_its_own_outcome(pairs: AsyncNamespace[Any], relay: Relay) -> None:
    await pairs.put("a", 1)
    relay.requests.clear()
    keys = ["a", "absent", "", "b" * 513, "control\n"]
    outcomes = await gather(*(pairs.get(key) for key in keys), pairs.get("absent", 7), pairs.get("a", 7))
    assert outcomes[0] == 1
    assert type(outcomes[1]) is KeyMissing
    assert (outcomes[1].key, bool(outcomes[1].request_id)) == ("absent", True)
    for outcome, message in zip(outcomes[2:5], ["has 0", "has 513", "control"], strict=True):
        assert type(outcome) is RuleBroken
        assert message in str(outcome)
    assert outcomes[5:] == [7, 1]
    assert len(relay.requests) < 10


async def test_answers_that_would_be_too_large_together_come_apart(pairs: AsyncNamespace[Any]) -> None:
    for number in range(40):
        await pairs.put(f"{number}", "x" * 1_000_000)
    found = await gather(*(pairs.get(f"{number}") for number in range(40)))
    assert [len(value) for value in found] == [1_000_000] * 40


async def test_concurrent_puts_are_one_request(pairs: AsyncNamespace[Any], relay: Relay) -> None:
    written = await gather(*(pairs.put(f"{number}", b"x" if number % 2 else number) for number in range(100)))
    assert relay.requests == ["POST /write"]
    for number, each in enumerate(written):
        pair = await pairs.find(f"{number}")
        assert pair is not None
        assert (pair.revision, each.created) == (each.revision, None)


async def test_each_put_has_its_own_outcome(pairs: AsyncNamespace[Any], client: AsyncClient) -> None:
    outcomes = await gather(pairs.put("a", 1), pairs.put("", 2), pairs.put("a", 3), pairs.put("b", object()), pairs.put("c", 4))
    assert type(outcomes[1]) is RuleBroken
    assert "cannot be sent" in str(outcomes[3])
    assert (await pairs.get("a"), await pairs.get("c")) == (3, 4)
    assert outcomes[0].revision != outcomes[2].revision
    assert (await pairs.put("a", 5, ttl=60)).created is False  # not coalesced
    pair = await pairs.find("a")
    assert pair is not None
    assert (await pairs.put("a", 5, if_revision=pair.revision)).created is False
    await client.set_namespace(pairs.name, quota_pairs=3)
    outcomes = await gather(pairs.put("a", 6), pairs.put("d", 7), pairs.put("e", 8))
    assert outcomes[0].created is None
    assert [type(outcome) for outcome in outcomes[1:]].count(QuotaExceeded) == 1


async def test_puts_are_coalesced_only_if_that_is_wanted(client: AsyncClient, pairs: AsyncNamespace[Any], relay: Relay) -> None:
    other = client.namespace(pairs.name)
    written = await gather(*(other.put(f"{number}", number) for number in range(3)))
    assert [each.created for each in written] == [True] * 3
    assert len(relay.requests) == 3


async def test_a_lost_answer_is_everybodys(pairs: AsyncNamespace[Any], relay: Relay) -> None:
    relay.answers_to_lose = 1
    outcomes = await gather(*(pairs.get(f"{number}") for number in range(5)))
    assert [type(outcome) for outcome in outcomes] == [AnswerLost] * 5
    assert len({id(outcome) for outcome in outcomes}) == 5


async def test_a_caller_that_gives_up_disturbs_nobody(pairs: AsyncNamespace[Any]) -> None:
    await pairs.put("a", 1)
    impatient = asyncio.create_task(pairs.get("a"))
    patient = asyncio.create_task(pairs.get("a"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient
