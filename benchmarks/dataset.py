"""The size of the store: the cost of reads from up to ten million pairs, and the memory of a pair."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import asynctnt

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant
from benchmarks.machine import available_bytes
from benchmarks.pages import measure_pages
from benchmarks.report import at_most
from benchmarks.works import KEYS, VALUE, read
from benchmarks.wrk import Sample
from test_support.processes import Tarantool, resident_bytes

BATCH = 1000
BATCHES_AT_ONCE = 8
TEXT = json.dumps(VALUE)
KEY_BYTES = len(KEYS[0])
BYTES_ALLOWED_A_PAIR = 300  # of memtx's memory, pair included
BYTES_SPARE = 2 * 1024**3
BYTES_OVER_PAIR = at_most(150, "bytes", decimals=0)
MORE_COST = at_most(1.10, "× the cost at 10,000", decimals=2)


@dataclass(frozen=True)
class _Filled:
    pairs: int
    contestant: Contestant
    bytes_over_pair: float


def measure_dataset_sizes(bench: Bench) -> None:
    """Run one store of each size at the same time, so that rounds interleave; idle stores cost nothing."""
    report = bench.report
    with ExitStack() as stack:
        stores = []
        for pairs in bench.durations.pairs_in_store:
            if available_bytes() < pairs * BYTES_ALLOWED_A_PAIR * 2 + BYTES_SPARE:
                report.leave_out(f"{pairs:,} pairs in the store", "this machine has too little memory left")
                continue
            stores.append(_fill(bench, stack, pairs))
        samples: list[list[Sample]] = [[] for _ in stores]
        for _ in range(bench.durations.rounds):
            for store, of_store in zip(stores, samples, strict=True):
                of_store.append(_read_any(bench, store))
        measure_pages(bench, stores[-1].contestant, stores[-1].pairs)
    _report(bench, stores, samples)


def _fill(bench: Bench, stack: ExitStack, pairs: int) -> _Filled:
    # The write-ahead log is not measured here: loading may skip fsync.
    settings = {
        "TARANTOOL_MEMTX_MEMORY": str(max(256 * 1024**2, pairs * BYTES_ALLOWED_A_PAIR)),
        "TARANTOOL_WAL_MODE": "write",
    }
    tarantool = stack.enter_context(bench.stage.tarantool(f"tarantool_of_{pairs}", **settings))
    before = resident_bytes(tarantool.pid)
    asyncio.run(_load(tarantool, pairs))
    over_pair = (resident_bytes(tarantool.pid) - before) / pairs - KEY_BYTES - len(TEXT)
    service = stack.enter_context(bench.stage.key_value_service(tarantool, f"service_of_{pairs}"))
    return _Filled(pairs, service, over_pair)


async def _load(tarantool: Tarantool, pairs: int) -> None:
    connection = await asynctnt.connect(
        host="127.0.0.1", port=tarantool.port, username=tarantool.user, password=tarantool.password
    )
    starts = iter(range(0, pairs, BATCH))

    async def write_batches() -> None:
        for start in starts:
            tuples = [(f"key-{number:08d}", TEXT) for number in range(start, start + BATCH)]
            await connection.call("key_value.write", ["default", tuples, None, False, {}], timeout=60)

    await asyncio.gather(*(write_batches() for _ in range(BATCHES_AT_ONCE)))
    await connection.disconnect()


def _read_any(bench: Bench, store: _Filled) -> Sample:
    key = KEYS[1]
    return bench.wrk.run_random_keys(store.contestant, read([key]), key, store.pairs, bench.durations.seconds)


def _report(bench: Bench, stores: Sequence[_Filled], samples: Sequence[Sequence[Sample]]) -> None:
    report = bench.report
    for store, of_store in zip(stores, samples, strict=True):
        name = f"/read, 1 of {store.pairs:,} keys: CPU-seconds a million"
        sample = middle(of_store)
        report.series.setdefault("dataset", []).append(
            {"pairs": store.pairs, "bytes_over_pair": store.bytes_over_pair, **asdict(sample)}
        )
        values = [f"{sample.cpu_seconds_per_million:,.0f}"]
        if store is stores[0]:
            report.add(name, values)
        else:
            report.hold(name, middle_ratio(of_store, samples[0], "cpu_seconds_per_million"), MORE_COST, values)
    largest = stores[-1]
    report.hold(f"memory a pair over key and value, {largest.pairs:,} pairs", largest.bytes_over_pair, BYTES_OVER_PAIR)
