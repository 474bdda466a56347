"""Leaders are killed or frozen while fifty clients write and read: the history is linearizable, no acknowledged write is lost."""

import asyncio
import random
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from test_support.crashes import CLIENTS, MIN_OPERATIONS, chooser, conclude, connect
from test_support.processes import Service
from test_support.replica_set import Member, ReplicaSet, frozen, killed
from test_support.tokens import TokenMaker
from verification.linearizability import Verdict
from verification.recorded_load import Load, Log, Record

MAX_REST_SECONDS = 0.2

Loss = Callable[[Member], AbstractContextManager[None]]


async def lose_leaders(replica_set: ReplicaSet, record: Record, lose: Loss, times: int) -> list[float]:
    """Lose leaders at random moments, and get each back; return after how many seconds changes were acknowledged again."""
    moments = []
    for _ in range(times):
        await record.grow(by=MIN_OPERATIONS)
        await asyncio.sleep(random.uniform(0, MAX_REST_SECONDS))  # noqa: S311
        leader = await asyncio.to_thread(replica_set.leader)
        moments.append(record.now())
        with lose(leader):
            await asyncio.to_thread(replica_set.leader, 60.0, replica_set.others(leader))
            await record.grow(by=CLIENTS)
        await asyncio.to_thread(replica_set.wait_until_whole)
    await record.grow(by=MIN_OPERATIONS)
    pauses = [record.find_pause(moment) for moment in moments]
    return [pause for pause in pauses if pause is not None]


async def storm(replica_set: ReplicaSet, service: Service, token: str, lose: Loss, times: int) -> tuple[Verdict, list[float]]:
    record, log = Record(), Log(connect(service, token))
    async with log:
        async with Load([connect(service, token) for _ in range(CLIENTS)], chooser(log), record):
            pauses = await lose_leaders(replica_set, record, lose, times)
        return await conclude(service, token, record, log), pauses


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lose", [killed, frozen])
async def test_history_is_linearizable_and_nothing_is_lost_across_failovers(
    replica_set: ReplicaSet, service: Service, tokens: TokenMaker, pytestconfig: pytest.Config, lose: Loss
) -> None:
    times = pytestconfig.getoption("kills")
    verdict, pauses = await storm(replica_set, service, tokens.make(), lose, times)
    print(f"{times} leaders: {verdict}")
    print(f"acknowledged again after {statistics.median(pauses):.2f} s at the median, {max(pauses):.2f} s at most")
    assert len(pauses) == times
    assert verdict.answered > times * MIN_OPERATIONS / 2
