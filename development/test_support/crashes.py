"""Kills a Tarantool under the load of many clients, many times, and judges what they saw."""

import asyncio
import random
from collections.abc import Callable, Sequence

from test_support.processes import START_SECONDS, Service, Tarantool
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put
from verification.key_value_operations import Call, Delete, Read, Write
from verification.key_value_transactions import Transact
from verification.linearizability import Verdict, judge
from verification.recorded_load import Connection, Load, Log, Record

CLIENTS = 50
KEYS = ("a", "b", "c", "d", "e")
LIVELY = 4 * CLIENTS  # operations that a life of Tarantool has at least
MAX_REST_SECONDS = 0.2


async def storm(service: Service, database: Tarantool, token: str, kills: int) -> Verdict:
    """Let clients ask whatever comes, on a few keys, kill Tarantool so many times, and judge it all.

    The log that the verdict rests on is followed all the while, through the kills. Raises NotLinearizableError.
    """
    record, log = Record(), Log(service.port, token)
    async with log:
        async with Load(service.port, token, CLIENTS, chooser(log), record):
            for _ in range(kills):
                await kill_and_restart(database, record)
            await record.grow(by=LIVELY)
        return await conclude(service, token, record, log)


async def kill_and_restart(database: Tarantool, record: Record) -> None:
    """Let something be answered, kill at a random moment, and start again."""
    await record.grow(by=LIVELY)
    await asyncio.sleep(random.uniform(0, MAX_REST_SECONDS))  # noqa: S311
    await asyncio.to_thread(database.kill)
    await asyncio.to_thread(database.start)


async def conclude(service: Service, token: str, record: Record, log: Log) -> Verdict:
    """Read once more what there is, and judge."""
    async with Connection(service.port, token) as connection, asyncio.timeout(START_SECONDS):
        answer = None
        while answer is None:
            answer = await record.ask(CLIENTS, connection, Read(KEYS))
    await log.reach(answer.document["revision"])
    return await asyncio.to_thread(judge, record.seen, log.changes)


def chooser(log: Log) -> Callable[[int, int], Call]:
    """Return what chooses reads, writes, compare-and-sets, deletions, increments and transactions.

    No value is written twice and no number added twice: it shall be plain which operation made a change. The revisions that are
    asked for are the latest that the log has told.
    """
    dice = random.Random()  # noqa: S311

    def choose(client: int, number: int) -> Call:
        key, *others = keys = dice.sample(KEYS, dice.choice([1, 1, 1, 2, 3]))
        revision = log.revisions.get(key, 0)
        own = (number * CLIENTS + client) << 32 | dice.getrandbits(32)
        has_revision = Condition(match=[revision]) if revision else Condition(none_match="*")
        is_as_known = {"target": "revision", "key": key, "operand": revision}
        write = {"operation": "write", "key": key, "value": own}
        calls: Sequence[Call] = [
            Read(keys),
            Get(key),
            Write(dict.fromkeys(keys, own)),
            Write(dict.fromkeys(keys, own), if_revision={key: revision}),
            Write(dict.fromkeys(keys, own), if_absent=True),
            Put(key, own, has_revision),
            Increment(key, own),
            Increment(key, own, has_revision),
            Delete(keys, if_revision={key: revision}),
            DeleteOne(key, has_revision),
            Transact([is_as_known], [*({"operation": "delete", "key": other} for other in others), write]),
        ]
        return dice.choice(calls)

    return choose
