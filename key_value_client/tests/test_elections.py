"""Elections: one leads, others hear who does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from key_value_client import Holder, LockLost, LockTaken

from .conftest import aside


async def test_one_leads_until_it_resigns(pairs: Any) -> None:
    first, second = pairs.elect("leader", "anna"), pairs.elect("leader", "boris")
    assert await first.leader() is None
    assert await first.campaign()
    assert first.is_leader
    assert await second.leader() == Holder("anna", first.token)
    assert not await second.campaign(timeout=0)
    waiting = asyncio.create_task(aside(pairs, second.campaign))
    await asyncio.sleep(0)
    await first.resign()
    assert await waiting
    assert (first.is_leader, second.is_leader) == (False, True)
    assert await first.leader() == Holder("boris", second.token)
    with pytest.raises(LockLost):
        _ = first.token
    await second.resign()


async def test_a_block_begins_when_one_leads(pairs: Any) -> None:
    async with pairs.elect("leader", "anna", ttl=10) as election:
        assert election.is_leader
        with pytest.raises(LockTaken, match="leader"):
            async with pairs.elect("leader", "boris", timeout=0):
                pass
    assert await election.leader() is None


async def test_others_observe_who_leads(pairs: Any) -> None:
    seen = pairs.elect("leader", "an observer").observe()
    assert await take(seen) is None
    async with pairs.elect("leader", "anna") as first:
        await pairs.put("leader/other", "a key with the same beginning")
        assert await take(seen) == Holder("anna", first.token)
    assert await take(seen) is None
    revision = (await pairs.put("leader", "boris", ttl=3600)).revision  # as other clients write it
    assert await take(seen) == Holder("boris", revision)
    assert await take(pairs.elect("leader", "another").observe()) == Holder("boris", revision)


async def test_an_observer_whose_namespace_keeps_few_changes_sees_the_last_leader(client: Any, pairs: Any) -> None:
    await client.set_namespace(pairs.name, changes_kept=1)
    seen = pairs.elect("leader", "an observer").observe()
    assert await take(seen) is None
    async with pairs.elect("leader", "anna") as election:
        await pairs.put_many({f"other/{number}": number for number in range(1000)})
        while (leader := await take(seen)) is None:
            pass
        assert leader == Holder("anna", election.token)


async def test_a_successor_comes_when_a_leader_cannot_renew(pairs: Any) -> None:
    """The leader is gone without a word: its pair is there, and nobody renews it."""
    gone = (await pairs.put("leader", {"holder": "gone"}, ttl=1)).revision
    async with pairs.elect("leader", "anna") as election:
        assert election.token > gone


async def take(seen: AsyncIterator[Holder | None]) -> Holder | None:
    """Return what an observer sees next."""
    return await asyncio.wait_for(anext(seen), 60)
