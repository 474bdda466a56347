"""Memory that calls of a TarantoolConnection leave behind."""

import gc
from collections.abc import AsyncIterator

import asynctnt
import pytest
from asynctnt.exceptions import TarantoolDatabaseError

from shared_kernel.infrastructure.tarantool import TarantoolConnection

CALLS = 20


@pytest.fixture
async def _no_collector(connection: TarantoolConnection) -> AsyncIterator[None]:
    await connection.call("key_value.read", ["default", ["never written"], 1000])  # connecting leaves some objects behind
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def count_responses() -> int:
    return sum(isinstance(thing, asynctnt.Response) for thing in gc.get_objects())


@pytest.mark.usefixtures("_no_collector")
async def test_answers_are_freed_without_garbage_collection(connection: TarantoolConnection) -> None:
    before = count_responses()
    for _ in range(CALLS):
        assert await connection.call("key_value.read", ["default", ["never written"], 1000])
    # The driver sends a ping now and then.
    assert count_responses() - before <= 1


@pytest.mark.usefixtures("_no_collector")
async def test_error_answers_are_freed_without_garbage_collection(connection: TarantoolConnection) -> None:
    before = count_responses()
    for _ in range(CALLS):
        with pytest.raises(TarantoolDatabaseError):
            await connection.call("no such function", [])
    assert count_responses() - before <= 1


async def test_call_empties_its_arguments(connection: TarantoolConnection) -> None:
    arguments = ["default", ["never written"], 1000]
    await connection.call("key_value.read", arguments)
    assert arguments == []
