"""Tarantool is killed while many clients write and read: the history is linearizable, and no acknowledged write is lost."""

import asyncio
import random
import signal
from collections.abc import Sequence

import httpx
import pytest

from test_support.crashes import conclude, connect, kill_and_restart, storm
from test_support.frozen_thread import frozen_thread
from test_support.key_value.clients import client_of
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker
from verification.key_value_model import WRITTEN, Change
from verification.key_value_one_pair import DeleteOne, Put
from verification.key_value_operations import Call, Read, Write
from verification.recorded_load import Load, Log, Record, read_change

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
    async with connect(service, token) as writer, connect(service, token) as reader:
        await record.ask(0, writer, Write({"a": "the old", "b": "the old"}))
        with frozen_thread(database.pid, THREAD_THAT_WRITES_THE_LOG):
            writing = asyncio.create_task(record.ask(0, writer, Write({"a": "the new", "b": "the new"})))
            while not writing.done():
                await record.ask(1, reader, Read(keys))
            database.signal(signal.SIGKILL)
        database.wait()
        database.start()
        async with Log(connect(service, token)) as log:
            await conclude(service, token, record, log)


CHANGES_KEPT, HISTORY_KEPT = 100, 100


async def test_history_of_pairs_is_that_of_the_log_across_kills(
    service: Service, database: Tarantool, tokens: TokenMaker
) -> None:
    dice, keys = random.Random(), ("a", "b", "c")  # noqa: S311

    def choose(client: int, number: int) -> Call:
        key = dice.choice(keys)
        is_deleted = key == "c" and dice.random() < 1 / 3
        return DeleteOne(key, namespace="kept") if is_deleted else Put(key, [client, number], namespace="kept")

    token = tokens.make(scope="admin:kept")
    with client_of(service, token, timeout=30) as client:
        client.put("/namespaces/kept", json={"changes_kept": CHANGES_KEPT, "history_kept": HISTORY_KEPT}).raise_for_status()
        record, log = Record(), Log(connect(service, token), "kept")
        async with log:
            async with Load([connect(service, token) for _ in range(10)], choose, record):
                for _ in range(5):
                    await kill_and_restart(database, record)
                await record.grow(by=200)
            found = {key: await asyncio.to_thread(read_history, client, key) for key in keys}
            stats = client.get("/namespaces/kept/stats").raise_for_status().json()
            await log.reach(stats["revision"])
    assert stats["oldest_change"] > CHANGES_KEPT
    for key, history in found.items():
        made = {change.revision: change._replace(previous=None) for change in log.changes if change.key == key}
        assert history == [made[revision] for revision in sorted((change.revision for change in history), reverse=True)]
        missing = find_kept([*made.values()], stats["oldest_change"]) - {change.revision for change in history}
        assert not missing


def read_history(client: httpx.Client, key: str) -> list[Change]:
    answer = client.get("/namespaces/kept/pair/history", params={"key": key, "limit": 1000}).raise_for_status().json()
    assert answer["next_cursor"] is None
    return [read_change({**change, "key": key}) for change in answer["changes"]]


def find_kept(made: Sequence[Change], oldest: int) -> set[int]:
    """Return the revisions of a pair's changes that must be kept; the log has those from `oldest` on."""
    gone = max((change.revision for change in made if change.kind != WRITTEN and change.revision < oldest), default=0)
    written = [change.revision for change in made if change.kind == WRITTEN]
    exists = made[-1].kind == WRITTEN
    kept = written[-HISTORY_KEPT - exists :]
    return {change.revision for change in made if change.revision >= oldest} | {one for one in kept if one > gone}
