"""Reads and writes while ten consoles are open: each watches the namespace, and asks for its size every five seconds."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant
from benchmarks.machine import Cores, running_on
from benchmarks.report import at_least
from benchmarks.works import KEYS, READ_ONE, WRITE_ONE, write
from benchmarks.wrk import Sample

CONSOLES = 10
POLL_SECONDS = 5.0  # as console/src/pages/browse/facts.tsx has it
BESIDE_CONSOLES = at_least(0.9, "× bare app")


def measure_consoles(bench: Bench) -> None:
    """Measure with consoles, without them, and the bare app, which has none, in turn."""
    with (
        bench.stage.tarantool("tarantool_of_consoles") as tarantool,
        bench.stage.key_value_service(tarantool, "service_of_consoles") as ours,
        bench.stage.bare_app(tarantool) as bare,
    ):
        ours.send(write(KEYS))
        for work in (READ_ONE, WRITE_ONE):
            watched: list[Sample] = []
            alone: list[Sample] = []
            of_bare: list[Sample] = []
            bench.wrk.run(bare, work.ours, 1)  # warms up
            for _ in range(bench.durations.rounds):
                alone.append(bench.wrk.run(ours, work.ours, bench.durations.seconds))
                with open_consoles(ours, bench.stage.layout.load):
                    watched.append(bench.wrk.run(ours, work.ours, bench.durations.seconds))
                of_bare.append(bench.wrk.run(bare, work.ours, bench.durations.seconds))
            name = f"{work.name}, {CONSOLES} consoles open"
            values = [f"{middle(watched).per_second:,.0f}", f"{middle(of_bare).per_second:,.0f}"]
            bench.report.hold(f"{name}: requests/s", middle_ratio(watched, of_bare), BESIDE_CONSOLES, values)
            cost = middle_ratio(watched, alone, "cpu_seconds_per_million")
            values = [f"{middle(one).cpu_seconds_per_million:,.0f}" for one in (watched, of_bare)]
            bench.report.add("… CPU-seconds a million", values, f"{cost:.2f} × without consoles")


@dataclass
class _Watch(asyncio.Protocol):
    """Reads a stream of events, and counts its bytes alone: what a browser does with them is not the service's."""

    request: bytes
    received: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.begun.set()


@contextmanager
def open_consoles(contestant: Contestant, cores: Cores) -> Iterator[None]:
    """Keep consoles open, in a thread of their own on these cores."""
    loop = asyncio.new_event_loop()
    are_open = threading.Event()
    over = asyncio.Event()

    def run() -> None:
        with running_on(cores):
            loop.run_until_complete(_keep_open(contestant, are_open, over))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not are_open.wait(30):
            raise RuntimeError("the consoles could not be opened")
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _keep_open(contestant: Contestant, are_open: threading.Event, over: asyncio.Event) -> None:
    head = (
        f"GET /namespaces/default/watch HTTP/1.1\r\nHost: {contestant.host}\r\nAuthorization: {contestant.authorization}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    connections = [await loop.create_connection(lambda: _Watch(head), "127.0.0.1", contestant.port) for _ in range(CONSOLES)]
    await asyncio.gather(*(watch.begun.wait() for _, watch in connections))
    headers = {"Authorization": contestant.authorization}
    async with httpx.AsyncClient(base_url=f"http://{contestant.host}", headers=headers, trust_env=False, timeout=30) as client:

        async def poll() -> None:
            while not over.is_set():
                (await client.get("/namespaces/default/stats")).raise_for_status()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), POLL_SECONDS)

        are_open.set()
        await asyncio.gather(*(poll() for _ in range(CONSOLES)))
    for transport, _ in connections:
        transport.abort()
