"""Locks: one holder at a time, renewed in the background, and a holder that hears of its loss."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import KeyMissing, KeyValueError, LockLost, LockTaken, clocks
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator, aside, open_client
from .test_tokens import create_account


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    with Relay(store.key_value.port) as relay:
        yield relay


@pytest.fixture
async def far(store: Store, relay: Relay, kind: str, pairs: Any) -> AsyncIterator[Any]:
    """The namespace `pairs` behind the relay."""
    async with open_client(kind, **as_administrator(store) | {"url": relay.url, "timeout": 1.0}) as client:
        there = client.namespace(pairs.name)
        await there.get("absent", None)
        relay.requests.clear()
        yield there


async def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_one_holds_it_and_others_are_told_who(pairs: Any) -> None:
    async with pairs.lock("jobs/import", name="anna") as lock:
        assert lock.is_held
        lock.check()
        assert (await pairs.lock("jobs/import").holder()).name == "anna"
        assert await pairs.lock("jobs/import").acquire(timeout=0) is False
        with pytest.raises(LockTaken, match="jobs/import") as caught:
            async with pairs.lock("jobs/import", timeout=0.1):
                pass
        assert isinstance(caught.value, TimeoutError)
        pair = await pairs.find("jobs/import")
        assert (pair.revision, pair.value["holder"]) == (lock.token, "anna")
        assert pair.expires_at is not None
        first = lock.token
    assert not lock.is_held
    with pytest.raises(LockLost):
        lock.check()
    assert await lock.holder() is None
    async with lock:
        assert lock.token > first
        with pytest.raises(RuntimeError, match="held already"):
            await lock.acquire()
    with pytest.raises(LockLost):
        await lock.release()


async def test_others_wait_by_watching(pairs: Any, far: Any, relay: Relay) -> None:
    async with pairs.lock("jobs") as lock:
        waiting = asyncio.create_task(aside(far, lambda: far.lock("jobs").acquire()))
        await until(lambda: any("changes" in request for request in relay.requests))
        await pairs.put("other", 1)
        assert lock.is_held
    assert await waiting
    assert [request.partition("?")[0].rpartition("/")[2] for request in relay.requests] == ["pair", "read", "changes", "pair"]


async def test_it_is_renewed_without_changes(pairs: Any) -> None:
    async with pairs.lock("jobs", ttl=4) as lock:
        first = pair = await pairs.find("jobs")
        while (pair.expires_at - first.expires_at).total_seconds() < 2:
            assert lock.is_held
            await asyncio.sleep(0.05)
            pair = await pairs.find("jobs")
        assert pair.revision == lock.token == (await pairs.stats()).revision


async def test_a_lock_that_is_taken_away_is_lost_and_says_so_once(pairs: Any) -> None:
    lost = []
    with pytest.raises(LockLost, match="'jobs' was lost"):  # noqa: PT012 - the end of the block raises it
        async with pairs.lock("jobs", ttl=9, on_lost=lambda: lost.append(threading.current_thread())) as lock:
            await pairs.delete("jobs")
            async with pairs.lock("jobs") as other:
                await until(lambda: bool(lost))
                assert not lock.is_held
                assert lock.token < other.token
                with pytest.raises(LockLost, match="request"):
                    lock.check()
    assert len(lost) == 1
    with pytest.raises(KeyMissing):
        await pairs.get("jobs")  # the loser has not given back the other one's


async def test_the_error_of_a_block_comes_before_that_of_its_lock(pairs: Any) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - nor may its end raise another one
        async with pairs.lock("jobs"):
            await pairs.delete("jobs")
            _ = 1 / 0


async def test_a_holder_that_cannot_renew_gives_up_before_others_can_have_it(far: Any, pairs: Any, relay: Relay) -> None:
    lost = threading.Event()
    lock = far.lock("jobs", ttl=2, on_lost=lost.set)
    assert await lock.acquire()
    relay.fall_silent()
    obtained = asyncio.create_task(aside(pairs, lambda: pairs.lock("jobs").acquire()))
    while lock.is_held:
        assert not obtained.done()
        await asyncio.sleep(0.005)
    await until(lost.is_set)
    with pytest.raises(LockLost, match="could not be renewed in time"):
        lock.check()
    relay.go_on()
    assert await obtained
    with pytest.raises(LockLost):
        await lock.release()


async def test_a_lock_that_cannot_be_given_back_ends_by_itself(
    far: Any, pairs: Any, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    lock = far.lock("jobs", ttl=2)
    assert await lock.acquire()
    relay.fall_silent()
    await lock.release()
    assert not lock.is_held
    assert "'jobs' lasts for its time to live" in caplog.text
    assert await pairs.lock("jobs").acquire()


async def test_a_lost_answer_neither_loses_the_lock_nor_takes_it_twice(store: Store, relay: Relay, kind: str, pairs: Any) -> None:
    for keys in (True, False):
        options = as_administrator(store) | {"url": relay.url, "idempotency_keys": keys}
        async with open_client(kind, **options) as client:
            there = client.namespace(pairs.name)
            await there.get("absent", None)
            lock = there.lock("jobs", ttl=6)
            relay.answers_to_lose = 1
            assert await lock.acquire()
            assert (await pairs.find("jobs")).revision == lock.token
            relay.answers_to_lose = 1
            await until(lambda: relay.answers_to_lose == 0)  # that of a renewal
            relay.requests.clear()
            await until(lambda: bool(relay.requests))
            assert lock.is_held
            await lock.release()
            assert await pairs.get("jobs", None) is None


async def test_a_slow_answer_is_not_taken_for_a_fresh_lease(far: Any, pairs: Any, relay: Relay) -> None:
    """The time to live counts from before the request was sent, so a late answer brings a lease that is nearly over."""
    relay.fall_silent()
    taking = asyncio.create_task(aside(far, lambda: far.lock("jobs", ttl=3, name="late").acquire()))
    await asyncio.sleep(1.2)  # the attempt has no answer within the client's timeout
    relay.go_on()
    assert await taking
    assert (await pairs.lock("jobs").holder()).name == "late"


async def test_a_cancelled_attempt_leaves_nothing(store: Store, relay: Relay, pairs: Any, kind: str) -> None:
    if kind == "blocking":
        return
    async with open_client(kind, **as_administrator(store) | {"url": relay.url}) as client:
        there = client.namespace(pairs.name)
        await there.get("absent", None)
        async with pairs.lock("other"):
            waiting = asyncio.create_task(there.lock("other").acquire())
            await until(lambda: any("changes" in request for request in relay.requests))
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
    assert await pairs.get("other", None) is None


async def test_a_guarded_transaction_is_done_by_the_holder_alone(pairs: Any) -> None:
    begin = pairs.blocking.transaction if hasattr(pairs, "blocking") else pairs.transaction

    async def write(guarding: Any, value: str) -> bool:
        tx = getattr(guarding, "blocking", guarding).guard(begin())
        tx.write("report", value)
        return bool((await tx.commit() if not hasattr(pairs, "blocking") else tx.commit()).succeeded)

    stale = pairs.lock("jobs")
    assert await stale.acquire()
    assert await write(stale, "first")
    await pairs.delete("jobs")
    async with pairs.lock("jobs") as lock:
        assert await write(lock, "second")
        assert not await write(stale, "third")  # it may not have heard of its loss yet
    assert await pairs.get("report") == "second"


async def test_a_holder_with_rights_on_the_key_alone_waits_without_watching(store: Store, pairs: Any, kind: str) -> None:
    account = create_account(store, f"read:{pairs.name}/jobs", f"write:{pairs.name}/jobs")
    async with open_client(kind, **account) as client:
        there = client.namespace(pairs.name)
        async with pairs.lock("jobs"):
            assert not await there.lock("jobs").acquire(timeout=0.2)
            waiting = asyncio.create_task(aside(there, lambda: there.lock("jobs").acquire()))
            await asyncio.sleep(0)
        assert await waiting


@pytest.mark.parametrize("options", [{"ttl": 0.5}, {"ttl": 10, "margin": 6}, {"ttl": 10, "margin": -1}], ids=str)
async def test_a_lock_without_time_is_refused(pairs: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one second"):
        pairs.lock("jobs", **options)


async def test_a_key_that_breaks_a_rule_is_refused(pairs: Any) -> None:
    with pytest.raises(KeyValueError, match="key"):
        await pairs.lock("").acquire()


def test_time_is_judged_by_the_clock_that_says_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was suspended for a minute: its monotonic clock has not moved, that of the boot has."""
    moments = iter([[10.0, 1000.0, 50.0], [10.0, 1000.0, 110.0], [12.0, 500.0, 50.0], [10.0, 1030.0, 50.0]])
    monkeypatch.setattr(clocks, "_read_clocks", lambda: next(moments))
    watch = clocks.Stopwatch()
    assert [watch.elapsed() for _ in range(3)] == [60.0, 2.0, 30.0]


async def test_the_cache_sees_ones_own_lock(client: Any, pairs: Any) -> None:
    cached = client.namespace(pairs.name, cached=True)
    key = f"jobs-{uuid4().hex}"
    assert await cached.get(key, None) is None
    async with cached.lock(key):
        assert await cached.get(key, None) is not None
    assert await cached.get(key, None) is None
