"""A service at rest: time from start until ready, and memory."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.contestants import stopping
from benchmarks.machine import MIB, running_on
from benchmarks.report import at_most
from test_support.processes import Service, Tarantool, resident_bytes

POLL_SECONDS = 0.005
SECONDS_OF_REST = 2.0  # the authorization service frees the memory of its last hash after a second without another
READY_WITHIN = at_most(1.5, "s")
MEMORY_OF_WORKER = at_most(90, "MiB", decimals=0)


def measure_start_and_memory(bench: Bench) -> None:
    """Start each service a few times with a running Tarantool. The first start, which creates keys, does not count."""
    with bench.stage.tarantool("tarantool_at_rest") as tarantool:
        _measure(bench, "key_value_service", lambda folder: _key_value_service(bench, folder, tarantool))
    with bench.stage.tarantool("authorization_tarantool_at_rest", "authorization") as tarantool:
        _measure(bench, "authorization_service", lambda folder: Service("authorization", folder, tarantool))


def _key_value_service(bench: Bench, folder: Path, tarantool: Tarantool) -> Service:
    return Service("key_value", folder, tarantool, KEY_VALUE_JWKS_URL=bench.stage.jwks_url)


def _measure(bench: Bench, name: str, make: Callable[[Path], Service]) -> None:
    seconds, memory = [], []
    for _ in range(1 + bench.durations.starts):
        service = make(bench.stage.folder / f"{name}_at_rest")
        with running_on(bench.stage.layout.server):
            started = time.monotonic()
            service.start()
        with stopping(service):
            while not service.is_healthy("ready"):
                assert service.is_running(), service.output
                time.sleep(POLL_SECONDS)
            seconds.append(time.monotonic() - started)
            time.sleep(SECONDS_OF_REST)
            memory.append(resident_bytes(service.pid) / MIB)
    bench.report.series.setdefault("rest", {})[name] = {"seconds_until_ready": seconds[1:], "resident_mib": memory[1:]}
    bench.report.hold(f"{name}: start until ready", median(seconds[1:]), READY_WITHIN)
    bench.report.hold(f"{name}: memory of a worker at rest", median(memory[1:]), MEMORY_OF_WORKER)
