"""A thousand watchers of one worker, each of which gets every change."""

import asyncio
import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from functools import partial

import httpx

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.machine import MIB, running_on
from benchmarks.report import at_most
from test_support.processes import resident_bytes

WATCHERS = 1000
WRITES_PER_SECOND = 200
CATCHING_UP_SECONDS = 10.0
LOST_OR_DUPLICATED = at_most(0, "events", decimals=0)
MEMORY = at_most(300, "MiB", decimals=0)

_ID = re.compile(rb"^id: (\d+)\nevent: written\n", re.MULTILINE)
_SENT_AT = re.compile(rb'"value":([\d.]+)')


@dataclass
class Watcher(asyncio.Protocol):
    """Reads an event stream and checks the ids of its events: each must be the previous one plus 1."""

    request: bytes
    times: bool = False
    last: int = 0
    wrong: int = 0
    delays: list[float] = field(default_factory=list)
    _rest: bytes = b""
    _awaited: int = -1
    _caught_up: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    async def catch_up(self, written: int) -> None:
        """Return once the events up to this id have arrived."""
        self._awaited = written
        if self.last < written:
            await self._caught_up.wait()

    def data_received(self, data: bytes) -> None:
        """Check and count events."""
        whole, end, self._rest = (self._rest + data).rpartition(b"\n\n")
        whole += end
        for found in _ID.findall(whole):
            number = int(found)
            self.wrong += number != self.last + 1
            self.last = number
        if self.last == self._awaited:
            self._caught_up.set()
        if self.times:
            now = time.time()
            self.delays += [now - float(sent) for sent in _SENT_AT.findall(whole)]


def measure_watchers(bench: Bench) -> None:
    """Write at a fixed rate, and check what each watcher gets."""
    seconds = max(bench.durations.storm_seconds, 2.0)
    with (
        bench.stage.tarantool("tarantool_watched") as tarantool,
        bench.stage.key_value_service(tarantool, "service_watched") as contestant,
    ):
        pid = contestant.processes[0].pid
        before = resident_bytes(pid)
        cpu_before, began = contestant.cpu_seconds(), time.monotonic()
        with running_on(bench.stage.layout.load):
            watchers, written = asyncio.run(watch(contestant, seconds))
        share = (contestant.cpu_seconds() - cpu_before) / (time.monotonic() - began)
        memory = resident_bytes(pid)
    wrong = sum(watcher.wrong + abs(written - watcher.last) for watcher in watchers)
    delays = sorted(watchers[0].delays)
    name = f"{WATCHERS:,} watchers, {WRITES_PER_SECOND} writes/s"
    bench.report.hold(f"{name}: lost or duplicated of {written * WATCHERS:,}", wrong, LOST_OR_DUPLICATED)
    bench.report.hold(f"{name}: memory of the worker ({before / MIB:.0f} MiB before)", memory / MIB, MEMORY)
    if delays:
        middle, slowest = delays[len(delays) // 2] * 1000, delays[-1] * 1000
        bench.report.add(f"{name}: ms from write to event, median and max", result=f"{middle:.0f}, {slowest:.0f}")
    bench.report.add(f"{name}: cores used by service and store", result=f"{share:.2f}")
    bench.report.series["watchers"] = {"written": written, "wrong": wrong, "memory_mib": memory / MIB, "cores": share}


async def watch(
    contestant: Contestant, seconds: float, count: int = WATCHERS, after: int = 0, more: str = ""
) -> tuple[list[Watcher], int]:
    """Write at a fixed rate while so many watch what comes after a revision; return the watchers, and the last revision.

    `more`: what the query has beside it.
    """
    loop = asyncio.get_running_loop()
    head = (
        f"GET /namespaces/default/watch?after={after}{more} HTTP/1.1\r\nHost: {contestant.host}\r\n"
        f"Authorization: {contestant.authorization}\r\n\r\n"
    ).encode()
    watchers = []
    for number in range(count):
        make = partial(Watcher, head, times=number == 0, last=after)
        _, watcher = await loop.create_connection(make, "127.0.0.1", contestant.port)
        watchers.append(watcher)
    written = await _write(contestant, seconds)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CATCHING_UP_SECONDS):
            await asyncio.gather(*(watcher.catch_up(written) for watcher in watchers))
    return watchers, written


async def _write(contestant: Contestant, seconds: float) -> int:
    """Write one pair at a time, at a fixed rate, however long responses take. Returns the last revision."""
    headers = {"Authorization": contestant.authorization}
    async with httpx.AsyncClient(base_url=f"http://{contestant.host}", headers=headers, trust_env=False, timeout=10) as client:
        began = time.monotonic()
        under_way = []
        for number in range(int(seconds * WRITES_PER_SECOND)):
            await asyncio.sleep(began + number / WRITES_PER_SECOND - time.monotonic())
            body = json.dumps({"data": {f"watched-{number % 100}": time.time()}})
            under_way.append(
                asyncio.create_task(client.post("/write", content=body, headers={"Content-Type": "application/json"}))
            )
        answers = await asyncio.gather(*under_way)
    revisions: list[int] = [answer.raise_for_status().json()["revision"] for answer in answers]
    return max(revisions)
