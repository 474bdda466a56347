"""Attempts at a change take turns in a process, and are made again where somebody else was faster."""

import asyncio

import pytest

from key_value_client import AsyncClient, KeyMissing
from key_value_client.turns import Turns
from test_support.store import Store

from .test_tokens import create_account


async def test_each_of_many_attempts_at_one_pair_succeeds(store: Store) -> None:
    """Two objects are as two processes; within each, attempts do not disturb each other."""
    account = create_account(store, "admin:turns")
    attempts = 0
    async with AsyncClient(**account) as client:
        await client.create_namespace("turns")
        namespace = client.namespace("turns")
        await namespace.put("number", 0)

        async def attempt() -> int | None:
            nonlocal attempts
            attempts += 1
            pair = await namespace.find("number")
            assert pair is not None
            async with namespace.transaction() as tx:
                tx.when("number", revision=pair.revision)
                tx.write("number", pair.value + 1)
            return int(pair.value) if tx.succeeded else None

        turns = Turns(), Turns()
        results = await asyncio.gather(*(turns[each % 2].until_done("number", attempt) for each in range(40)))
        assert sorted(results) == list(range(40))
        assert attempts < 40 * 5  # without turns, each success would cost the attempts of all others
        with pytest.raises(KeyMissing):
            await turns[0].until_done("number", lambda: namespace.get("absent"))
        assert await turns[0].until_done("number", attempt) == 40
