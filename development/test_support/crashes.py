"""Kill a Tarantool repeatedly under the load of many clients, and check that their history is linearizable."""

import asyncio
import random
from collections.abc import Callable, Sequence

from test_support.processes import START_SECONDS, Service, Tarantool
from verification.key_value_model import Bytes, member_of
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put
from verification.key_value_operations import Call, Delete, Read, Write
from verification.key_value_transactions import Transact
from verification.linearizability import Verdict, judge
from verification.recorded_load import Connection, Load, Log, Record

CLIENTS = 50
KEYS = ("a", "b", "c", "d", "e")
MIN_OPERATIONS = 4 * CLIENTS  # operations before each kill, at least
MAX_REST_SECONDS = 0.2
SHARE_OF_BYTES = 0.2


async def storm(service: Service, database: Tarantool, token: str, kills: int) -> Verdict:
    """Run random operations of many clients on a few keys, kill Tarantool `kills` times, and check the history.

    The change log is followed throughout, over the kills. Raises NotLinearizableError.
    """
    record, log = Record(), Log(service.port, token)
    async with log:
        async with Load(service.port, token, CLIENTS, chooser(log), record):
            for _ in range(kills):
                await kill_and_restart(database, record)
            await record.grow(by=MIN_OPERATIONS)
        return await conclude(service, token, record, log)


async def kill_and_restart(database: Tarantool, record: Record) -> None:
    """Wait for some responses, kill Tarantool at a random moment, and start it again."""
    await record.grow(by=MIN_OPERATIONS)
    await asyncio.sleep(random.uniform(0, MAX_REST_SECONDS))  # noqa: S311
    await asyncio.to_thread(database.kill)
    await asyncio.to_thread(database.start)


async def conclude(service: Service, token: str, record: Record, log: Log) -> Verdict:
    """Read all keys once more, and check the history."""
    async with Connection(service.port, token) as connection, asyncio.timeout(START_SECONDS):
        answer = None
        while answer is None:
            answer = await record.ask(CLIENTS, connection, Read(KEYS))
    await log.reach(answer.document["revision"])
    return await asyncio.to_thread(judge, record.seen, log.changes)


def chooser(log: Log) -> Callable[[int, int], Call]:
    """Return a function that chooses a read, write, compare-and-set, deletion, increment or transaction.

    No value is written twice and no number added twice, so that each change identifies its operation. Conditions use the latest
    revisions in the log.
    """
    dice = random.Random()  # noqa: S311

    def choose(client: int, number: int) -> Call:
        key, *others = keys = dice.sample(KEYS, dice.choice([1, 1, 1, 2, 3]))
        revision = log.revisions.get(key, 0)
        added = (number * CLIENTS + client) << 32 | dice.getrandbits(32)
        own = Bytes("a/b", added.to_bytes(8)) if dice.random() < SHARE_OF_BYTES else added
        has_revision = Condition(match=[revision]) if revision else Condition(none_match="*")
        is_as_known = {"target": "revision", "key": key, "operand": revision}
        write = {"operation": "write", "key": key, **member_of(own)}
        calls: Sequence[Call] = [
            Read(keys),
            Get(key),
            Write(dict.fromkeys(keys, own)),
            Write(dict.fromkeys(keys, own), if_revision={key: revision}),
            Write(dict.fromkeys(keys, own), if_absent=True),
            Put(key, own, has_revision),
            Increment(key, added),
            Increment(key, added, has_revision),
            Delete(keys, if_revision={key: revision}),
            DeleteOne(key, has_revision),
            Transact([is_as_known], [*({"operation": "delete", "key": other} for other in others), write]),
        ]
        return dice.choice(calls)

    return choose
