"""Reads while very many pairs expire at the same millisecond, and the memory of pairs that expire."""

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import sample
from statistics import median
from typing import Any

import asynctnt

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.fixed_rate import SECONDS_TO_START, Run, Turn, choose_undisturbed, p99s, run_at_fixed_rate
from benchmarks.machine import MIB, running_on
from benchmarks.report import at_most
from benchmarks.works import KEYS, READ_ONE, VALUE, Request, read, write
from benchmarks.wrk import Wrk
from test_support.processes import Tarantool, resident_bytes

BATCH = 1000
BATCHES_AT_ONCE = 8
LOADED_A_SECOND = 80_000  # pairs, at least
TEXT = f'"{VALUE}"'
CALM_TURNS = 5  # before, and as many after
WARM_UP_SECONDS = 2
LOOKED_AT = 100
PAUSE_SECONDS = 2.0  # it is the generator's cores that this takes
LOG_BYTES = 5  # of a namespace's tuple
STATISTICS = Request("/namespaces/default/stats", method="GET")
LITTLE_WORSE = at_most(1.2, "× p99 without")
NEVER = at_most(0, "pairs", decimals=0)
BYTES_OVER_PAIR = at_most(150, "bytes", decimals=0)


@dataclass(frozen=True)
class _Sweep:
    seconds: float  # from the expiry until the last pair was removed
    returned: int  # pairs that were read after they had expired


def measure_expiry(bench: Bench) -> None:
    """Read at half of capacity before many pairs expire together, while they are removed, and afterwards."""
    pairs, seconds = bench.durations.pairs_that_expire, bench.durations.open_loop_seconds
    layout = bench.stage.layout
    settings = {"TARANTOOL_MEMTX_MEMORY": str(1024 * MIB)}
    with (
        bench.stage.tarantool("tarantool_of_expiry", **settings) as tarantool,
        bench.stage.key_value_service(tarantool, "service_of_expiry") as service,
    ):
        service.send(write(KEYS))
        rate = Wrk(layout).run(service, READ_ONE.ours, WARM_UP_SECONDS).per_second / 2
        wait = pairs / LOADED_A_SECOND + CALM_TURNS * (seconds + SECONDS_TO_START)
        expires_at = time.time() + wait
        first = range(pairs // 10)
        asyncio.run(_load(tarantool, first, expires_at))  # the memory that Tarantool needs to work at all does not count
        before = resident_bytes(tarantool.pid)
        log_bytes = asyncio.run(_load(tarantool, range(len(first), pairs), expires_at))
        grown = resident_bytes(tarantool.pid) - before
        over_pair = grown / (pairs - len(first)) - len(_key(0)) - len(TEXT)

        def read_at_rate() -> Turn:
            return (run_at_fixed_rate(service, READ_ONE.ours, [(rate, seconds)], layout),)

        calm: list[Turn] = []
        stormy: list[Turn] = []
        while time.time() < expires_at - seconds - 2 * SECONDS_TO_START:
            calm.append(read_at_rate())
        with ThreadPoolExecutor(1) as beside, running_on(layout.load):
            sweep = beside.submit(_watch, service, pairs, expires_at)
            time.sleep(max(0, expires_at - time.time()))
            while not sweep.done():
                stormy.append(read_at_rate())
        calm += [read_at_rate() for _ in range(CALM_TURNS)]
    remarks = bench.report.remarks
    calm_runs = [run for (run,) in choose_undisturbed(calm, "Expiry, before and after", remarks)]
    stormy_runs = [run for (run,) in choose_undisturbed(stormy[:-1] or stormy, "Expiry, meanwhile", remarks)]
    _report(bench, rate, calm_runs, stormy_runs, sweep.result())
    bench.report.hold(f"memory a pair over key and value, {pairs:,} pairs that expire", over_pair, BYTES_OVER_PAIR)
    bench.report.add("… change log of the namespace", result=f"{log_bytes / MIB:.1f} MiB")


def _key(number: int) -> str:
    return f"short-{number:08d}"


async def _load(tarantool: Tarantool, numbers: range, expires_at: float) -> int:
    """Load pairs that expire together. Return the size of the change log: bytes."""
    connection = await asynctnt.connect(
        host="127.0.0.1", port=tarantool.port, username=tarantool.user, password=tarantool.password
    )
    batches = iter([numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)])
    milliseconds = float(int(expires_at * 1000))  # as a double: Lua would take a large integer for cdata

    async def load_batches() -> None:
        for batch in batches:
            tuples = [(_key(number), TEXT, milliseconds) for number in batch]
            await connection.call("loading.load", ["default", tuples, False], timeout=60)

    await asyncio.gather(*(load_batches() for _ in range(BATCHES_AT_ONCE)))
    [namespace] = (await connection.call("namespaces.find", ["default"])).body
    await connection.disconnect()
    log_bytes: int = namespace[LOG_BYTES]
    return log_bytes


def _watch(service: Contestant, pairs: int, expires_at: float) -> _Sweep:
    connection = http.client.HTTPConnection(service.host, timeout=10)
    headers = {"Authorization": service.authorization, "Content-Type": "application/json"}

    def send(request: Request) -> Any:
        connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{request.path} was answered with {answer.status}")
        return json.loads(answer.read())

    returned = 0
    time.sleep(max(0, expires_at - time.time()))
    while True:
        returned += len(send(read([_key(number) for number in sample(range(pairs), LOOKED_AT)]))["data"])
        if send(STATISTICS)["pairs"] == len(KEYS):
            connection.close()
            return _Sweep(time.time() - expires_at, returned)
        time.sleep(PAUSE_SECONDS)


def _report(bench: Bench, rate: float, calm: Sequence[Run], stormy: Sequence[Run], sweep: _Sweep) -> None:
    pairs = bench.durations.pairs_that_expire
    bench.report.series["expiry"] = {
        "pairs": pairs,
        "rate": rate,
        "p99_calm": p99s(calm),
        "p99_meanwhile": p99s(stormy),
        "sweep_seconds": sweep.seconds,
        "generator_lag_p99": [run.lag_p99 for run in [*calm, *stormy]],
    }
    failed = sum(run.failed for run in [*calm, *stormy])
    if failed:
        bench.report.remarks.append(f"Expiry: {failed:,} reads were not done.")
    name = f"/read, 1 key, at half of capacity: p99 before and after {pairs:,} pairs expire together, ms"
    bench.report.add(name, [f"{median(p99s(calm)):.2f}"])
    ratio = median(p99s(stormy)) / median(p99s(calm))
    bench.report.hold("… p99 while they are removed, ms", ratio, LITTLE_WORSE, [f"{median(p99s(stormy)):.2f}"])
    bench.report.add("… until the last one is removed", result=f"{sweep.seconds:.0f} s, {pairs / sweep.seconds:,.0f} a second")
    bench.report.hold("… returned after they had expired", sweep.returned, NEVER)
