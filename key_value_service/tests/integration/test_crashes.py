"""Tarantool is killed while many clients write and read; what they saw must have an order, and nothing acknowledged is lost."""

import asyncio
import random
import signal

import pytest

from testing.crashes import count_losses, kill_and_restart
from testing.frozen_thread import frozen_thread
from testing.key_value_operations import Call, Read, Write
from testing.linearizability import assert_linearizable
from testing.processes import Service, Tarantool
from testing.recorded_load import Client, Load, Record
from testing.tokens import TokenMaker

CLIENTS = 24
CLIENTS_OF_A_STORM = 10  # what each of them had asked when Tarantool was killed may have been done or not
KEYS = ["a", "b", "c"]
KILLS = 8
THREAD_THAT_WRITES_THE_LOG = "wal"


async def test_no_acknowledged_write_is_lost_in_thirty_kills(service: Service, database: Tarantool, tokens: TokenMaker) -> None:
    losses = await count_losses(service, database, tokens.make(), kills=30)
    assert losses.lost == []
    assert losses.acknowledged > 0


async def test_what_clients_see_while_nothing_fails_is_linearizable(service: Service, tokens: TokenMaker) -> None:
    async with Load(service.port, tokens.make(), CLIENTS, choose) as load:
        await load.record.grow(by=5000)
    assert_linearizable(load.record.history())


async def test_what_clients_see_while_tarantool_is_killed_is_linearizable(
    service: Service, database: Tarantool, tokens: TokenMaker
) -> None:
    async with Load(service.port, tokens.make(), CLIENTS_OF_A_STORM, choose) as load:
        for _ in range(KILLS):
            await kill_and_restart(database, load.record)
        await load.record.grow(by=CLIENTS_OF_A_STORM)
    assert_linearizable(load.record.history())


@pytest.mark.parametrize("keys", [["a"], ["a", "b"]], ids=["one key", "two keys"])
async def test_no_read_returns_what_a_crash_takes_back(
    service: Service, database: Tarantool, tokens: TokenMaker, keys: list[str]
) -> None:
    record, token = Record(), tokens.make()
    async with Client(0, service.port, token, record) as writer, Client(1, service.port, token, record) as reader:
        await writer.ask(Write({"a": "the old", "b": "the old"}))
        try:
            with frozen_thread(database.pid, THREAD_THAT_WRITES_THE_LOG):
                writing = asyncio.create_task(writer.ask(Write({"a": "the new", "b": "the new"})))
                while not writing.done():
                    await reader.ask(Read(keys))
                database.signal(signal.SIGKILL)
        except PermissionError:
            pytest.skip("this system lets nobody trace")
        database.wait()
        database.start()
        await reader.ask(Read(keys))
    assert_linearizable(record.history())


def choose(client: int, number: int) -> Call:
    """A third writes, each value once."""
    keys = sorted(random.sample(KEYS, random.choice([1, 1, 1, 2, 3])))  # noqa: S311
    if random.random() < 1 / 3:  # noqa: S311
        return Write(dict.fromkeys(keys, f"{client}-{number}"))
    return Read(keys)
