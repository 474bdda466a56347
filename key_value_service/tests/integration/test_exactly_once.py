"""Increments with idempotency keys, repeated until answered, count once each: connections are cut and Tarantool is killed."""

import asyncio
import json
from collections.abc import Iterator
from http import HTTPStatus

from test_support.cutting_proxy import CuttingProxy
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker
from verification.key_value_operations import Request, Response
from verification.recorded_load import Connection

INCREMENTS = 10_000
CLIENTS = 40
KILLS = 10
MEAN_BYTES = 12_000
"""Until a connection is cut: some thirty requests."""
PATH = "/namespaces/default/pair/increment?key=counter"
RETRY_SECONDS = 0.05


class Counting:
    """The increments of all clients and their answers."""

    def __init__(self) -> None:
        self.sums: list[int] = []
        self.lost = 0
        self.replayed = 0
        self._numbers: Iterator[int] = iter(range(INCREMENTS))
        self._answered = asyncio.Event()

    async def run_client(self, port: int, token: str) -> None:
        """Send increments, each until it is answered."""
        async with Connection(port, token) as connection:
            for number in self._numbers:
                answer = await self._repeat(connection, Request("POST", PATH, b"", {"Idempotency-Key": f'"number {number}"'}))
                self.sums.append(answer.document["value"])
                self._answered.set()

    async def _repeat(self, connection: Connection, request: Request) -> Response:
        while True:
            answer = await connection.ask(request)
            if answer.status == HTTPStatus.OK:
                self.replayed += answer.is_replayed
                return answer
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE, answer
            self.lost += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def reach(self, count: int) -> None:
        """Return when so many increments are answered."""
        while len(self.sums) < count:
            self._answered.clear()
            await self._answered.wait()


async def test_ten_thousand_increments_count_once_each_across_kills_and_cut_connections(
    service: Service, database: Tarantool, tokens: TokenMaker
) -> None:
    counting, token = Counting(), tokens.make()
    async with CuttingProxy(service.port, MEAN_BYTES) as proxy, asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(counting.run_client(proxy.port, token))
        for kill in range(1, KILLS + 1):
            await counting.reach(INCREMENTS * kill // (KILLS + 1))
            await asyncio.to_thread(database.kill)
            await asyncio.to_thread(database.start)
    assert proxy.cuts > INCREMENTS / 100
    assert counting.lost > proxy.cuts / 2
    assert counting.replayed > KILLS
    # Each was done once: none has got the answer of another one, and none was left out.
    assert sorted(counting.sums) == list(range(1, INCREMENTS + 1))
    async with Connection(service.port, token) as connection:
        body = json.dumps({"keys": ["counter"]}).encode()
        answer = await connection.ask(Request("POST", "/read", body, {"Content-Type": "application/json"}))
    assert answer.document["data"] == {"counter": INCREMENTS}
    assert answer.document["revision"] == INCREMENTS
