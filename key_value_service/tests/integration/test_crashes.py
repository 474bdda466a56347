"""Tarantool is killed while many clients write and read: the history is linearizable, and no acknowledged write is lost."""

import asyncio
import signal

import pytest

from test_support.crashes import conclude, storm
from test_support.frozen_thread import frozen_thread
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker
from verification.key_value_operations import Read, Write
from verification.recorded_load import Connection, Log, Record

KILLS = 30
THREAD_THAT_WRITES_THE_LOG = "wal"


async def test_history_of_fifty_clients_is_linearizable_and_durable_across_thirty_kills(
    service: Service, database: Tarantool, tokens: TokenMaker
) -> None:
    verdict = await storm(service, database, tokens.make(), KILLS)
    assert verdict.answered > 1000
    assert verdict.unknown > 0


@pytest.mark.parametrize("keys", [["a"], ["a", "b"]], ids=["one key", "two keys"])
async def test_reads_return_only_durable_data(service: Service, database: Tarantool, tokens: TokenMaker, keys: list[str]) -> None:
    record, token = Record(), tokens.make()
    async with Connection(service.port, token) as writer, Connection(service.port, token) as reader:
        await record.ask(0, writer, Write({"a": "the old", "b": "the old"}))
        with frozen_thread(database.pid, THREAD_THAT_WRITES_THE_LOG):
            writing = asyncio.create_task(record.ask(0, writer, Write({"a": "the new", "b": "the new"})))
            while not writing.done():
                await record.ask(1, reader, Read(keys))
            database.signal(signal.SIGKILL)
        database.wait()
        database.start()
        async with Log(service.port, token) as log:
            await conclude(service, token, record, log)
