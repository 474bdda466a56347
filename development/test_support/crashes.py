"""Kill a Tarantool repeatedly under the load of many clients, and check that their history is linearizable."""

import asyncio
import random
from collections.abc import Callable, Sequence

from test_support.processes import START_SECONDS, Service, Tarantool
from verification.key_value_model import WRITTEN, Bytes, Change, member_of
from verification.key_value_one_pair import Condition, DeleteOne, Get, Increment, Put, Restore, SetTtl
from verification.key_value_operations import Call, Delete, Read, Write
from verification.key_value_ranges import History, Search
from verification.key_value_transactions import Transact
from verification.linearizability import Verdict, judge
from verification.recorded_load import Connection, Load, Log, Record
from verification.repetitions import Keyed

CLIENTS = 50
KEYS = ("ab", "bc", "cd", "de", "ea")
LEASED = ("x", "y")
LEASE_SECONDS = 0.5
MAX_REVISION = 2**53 - 1
MIN_OPERATIONS = 4 * CLIENTS  # operations before each kill, at least
MAX_REST_SECONDS = 0.2
SHARE_OF_BYTES, SHARE_OF_LEASES, SHARE_OF_KEYS, SHARE_OF_REPETITIONS = 0.2, 0.2, 0.5, 0.2
LATEST_CHANGES = 200
"""How many changes of the log a value may be restored from: the log keeps many more."""


async def storm(service: Service, database: Tarantool, token: str, kills: int) -> Verdict:
    """Run random operations of many clients on a few keys, kill Tarantool `kills` times, and check the history.

    The change log is followed throughout, over the kills. Raises NotLinearizableError.
    """
    record, log = Record(), Log(connect(service, token))
    async with log:
        async with Load([connect(service, token) for _ in range(CLIENTS)], chooser(log), record):
            for _ in range(kills):
                await kill_and_restart(database, record)
            await record.grow(by=MIN_OPERATIONS)
        return await conclude(service, token, record, log)


def connect(service: Service, token: str) -> Connection:
    """Return a connection to a service."""
    return Connection(service.port, token, service.host)


async def kill_and_restart(database: Tarantool, record: Record) -> None:
    """Wait for some responses, kill Tarantool at a random moment, and start it again."""
    await record.grow(by=MIN_OPERATIONS)
    await asyncio.sleep(random.uniform(0, MAX_REST_SECONDS))  # noqa: S311
    await asyncio.to_thread(database.kill)
    await asyncio.to_thread(database.start)


async def conclude(service: Service, token: str, record: Record, log: Log) -> Verdict:
    """Read all keys once more, and check the history."""
    async with connect(service, token) as connection, asyncio.timeout(START_SECONDS):
        answer = None
        while answer is None:
            answer = await record.ask(CLIENTS, connection, Read([*KEYS, *LEASED]))
    await log.reach(answer.document["revision"])
    return await asyncio.to_thread(judge, record.seen, log.changes)


def chooser(log: Log) -> Callable[[int, int], Call]:
    """Return a function that chooses a call of any operation on pairs, half of the changes with idempotency keys.

    No value is written twice and no number added twice, so that each change identifies its operation; restored values alone may
    come again. Conditions use the latest revisions in the log.
    """
    dice = random.Random()  # noqa: S311
    keyed: dict[int, Keyed] = {}

    def choose(client: int, number: int) -> Call:
        own = (number * CLIENTS + client) << 32 | dice.getrandbits(32)
        if client in keyed and dice.random() < SHARE_OF_REPETITIONS:
            return keyed[client]
        if dice.random() < SHARE_OF_LEASES:
            return dice.choice(list_calls_on_leases(dice.choice(LEASED), own, log))
        call = dice.choice(list_calls(dice, own, log))
        if not any(call.marks()) or dice.random() < SHARE_OF_KEYS:
            return call
        keyed[client] = Keyed(call, f"{client}-{number}")
        return keyed[client]

    return choose


def list_calls(dice: random.Random, number: int, log: Log) -> Sequence[Call]:
    """Return one call of each kind; those that write or add use the number."""
    key, *others = keys = dice.sample(KEYS, dice.choice([1, 1, 1, 2, 3]))
    revision = log.revisions.get(key, 0)
    own = Bytes("a/b", number.to_bytes(8)) if dice.random() < SHARE_OF_BYTES else number
    has_revision = _has(revision)
    is_as_known = {"target": "revision", "key": key, "operand": revision}
    write = {"operation": "write", "key": key, **member_of(own)}
    return [
        Read(keys),
        Get(key),
        Search(dice.choice("abcde"), KEYS),
        History(key, 5),
        Write(dict.fromkeys(keys, own)),
        Write(dict.fromkeys(keys, own), if_revision={key: revision}),
        Write(dict.fromkeys(keys, own), if_absent=True),
        Put(key, own, has_revision),
        restoration(dice, key, log),
        Increment(key, number),
        Increment(key, number, has_revision),
        Delete(keys, if_revision={key: revision}, previous=dice.random() < 1 / 2),
        DeleteOne(key, has_revision, previous=dice.random() < 1 / 2),
        Transact([is_as_known], [*({"operation": "delete", "key": other} for other in others), write]),
    ]


def restoration(dice: random.Random, key: str, log: Log) -> Restore:
    """Return a call that restores one of the latest values of a pair, or that asks for one that it has not had."""
    change = dice.choice(log.changes[-LATEST_CHANGES:]) if log.changes else Change(MAX_REVISION, WRITTEN, "")
    same = [one for one in log.changes[-LATEST_CHANGES:] if one.key == key and one.text is not None]
    if same and dice.random() < 1 / 2:
        change = dice.choice(same)
    return Restore(key, change.revision, change.text if change.key == key else None, _has(log.revisions.get(key, 0)))


def list_calls_on_leases(key: str, number: int, log: Log) -> Sequence[Call]:
    """Return calls on a pair that expires soon unless it is renewed."""
    holds = _has(log.revisions.get(key, 0))
    renewal: Sequence[Call] = [] if holds.match is None else [SetTtl(key, LEASE_SECONDS, holds)]
    return [
        *renewal,
        *renewal,
        Put(key, number, Condition(none_match="*"), LEASE_SECONDS),
        Put(key, number, Condition(none_match="*"), LEASE_SECONDS),
        Get(key),
        Read(LEASED),
        History(key, 3),
        DeleteOne(key, holds, previous=True),
    ]


def _has(revision: int) -> Condition:
    return Condition(match=[revision]) if revision else Condition(none_match="*")
