"""Leaders are killed while fifty clients write and read: the history is linearizable, and no acknowledged write is lost."""

import asyncio
import random
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.crashes import CLIENTS, MIN_OPERATIONS, chooser, conclude
from test_support.processes import Service
from test_support.replica_set import ReplicaSet
from test_support.tokens import TokenMaker
from verification.linearizability import Verdict
from verification.recorded_load import Load, Log, Record

MAX_REST_SECONDS = 0.2


@pytest.fixture
def service(replica_set: ReplicaSet, tmp_path: Path, jwks_url: str) -> Iterator[Service]:
    """A key-value service that knows all members."""
    addresses = ",".join(member.address for member in replica_set.members)
    with Service(
        "key_value",
        tmp_path / "service",
        replica_set.members[0],
        KEY_VALUE_TARANTOOL_ADDRESSES=addresses,
        KEY_VALUE_JWKS_URL=jwks_url,
    ) as service:
        yield service.wait_until_ready()


def pause_of(record: Record, since: float) -> float | None:
    """Return the seconds from a moment until the first response to a change that was sent after it."""
    returned = [one.returned for one in record.seen if one.answer is not None and one.invoked > since and any(one.call.marks())]
    return min(returned) - since if returned else None


async def kill_leaders(replica_set: ReplicaSet, record: Record, kills: int) -> list[float]:
    """Kill leaders at random moments, and start each again; return after how many seconds changes were acknowledged again."""
    moments = []
    for _ in range(kills):
        await record.grow(by=MIN_OPERATIONS)
        await asyncio.sleep(random.uniform(0, MAX_REST_SECONDS))  # noqa: S311
        leader = await asyncio.to_thread(replica_set.leader)
        moments.append(record._now())
        await asyncio.to_thread(leader.kill)
        await asyncio.to_thread(replica_set.leader, 60.0, replica_set.others(leader))
        await record.grow(by=CLIENTS)
        leader.start()
        await asyncio.to_thread(replica_set.wait_until_whole)
    await record.grow(by=MIN_OPERATIONS)
    pauses = [pause_of(record, moment) for moment in moments]
    return [pause for pause in pauses if pause is not None]


async def storm(replica_set: ReplicaSet, service: Service, token: str, kills: int) -> tuple[Verdict, list[float]]:
    record, log = Record(), Log(service.port, token)
    async with log:
        async with Load(service.port, token, CLIENTS, chooser(log), record):
            pauses = await kill_leaders(replica_set, record, kills)
        return await conclude(service, token, record, log), pauses


@pytest.mark.timeout(3600)
async def test_history_is_linearizable_and_nothing_is_lost_across_failovers(
    replica_set: ReplicaSet, service: Service, tokens: TokenMaker, pytestconfig: pytest.Config
) -> None:
    kills = pytestconfig.getoption("kills")
    verdict, pauses = await storm(replica_set, service, tokens.make(), kills)
    print(f"{kills} kills: {verdict}")
    print(f"acknowledged again after {statistics.median(pauses):.2f} s at the median, {max(pauses):.2f} s at most")
    assert len(pauses) == kills
    assert verdict.answered > kills * MIN_OPERATIONS / 2
