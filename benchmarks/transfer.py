"""Import and export of a namespace: pairs a second, and the peak memory of the worker."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.machine import MIB, running_on
from benchmarks.report import at_most

PAIRS_TOGETHER = 1000
MEMORY = at_most(200, "MiB", decimals=0)
STORE_MEMORY = str(2 * 1024**3)


def measure_transfer(bench: Bench) -> None:
    """Import pairs, and export them."""
    count = bench.durations.pairs_in_store[1] // (10 if bench.report.quick else 1)
    with (
        bench.stage.tarantool("tarantool_copied", TARANTOOL_MEMTX_MEMORY=STORE_MEMORY) as tarantool,
        bench.stage.key_value_service(tarantool, "service_copied") as contestant,
        running_on(bench.stage.layout.load),
        httpx.Client(trust_env=False, timeout=300, headers={"Authorization": contestant.authorization}) as client,
    ):
        url = f"http://{contestant.host}/namespaces/default"
        began = time.monotonic()
        answer = client.post(f"{url}/import", content=lines_of_pairs(count), headers={"Content-Type": "application/x-ndjson"})
        imported = time.monotonic() - began
        if answer.raise_for_status().json()["written"] != count:
            raise RuntimeError(f"not all pairs were imported: {answer.text}")
        began = time.monotonic()
        exported = _export(client, url)
        seconds = time.monotonic() - began
        peak = _find_peak(contestant)
    if exported != count + 1:
        raise RuntimeError(f"{exported} lines were exported")
    name = f"{count:,} pairs"
    bench.report.add(f"{name} imported: pairs/s", result=f"{count / imported:,.0f}")
    bench.report.add(f"{name} exported: pairs/s", result=f"{count / seconds:,.0f}")
    bench.report.hold(f"{name}: peak memory of the worker", peak / MIB, MEMORY)
    bench.report.series["transfer"] = {"pairs": count, "import_seconds": imported, "export_seconds": seconds, "peak_bytes": peak}


def lines_of_pairs(count: int) -> Iterator[bytes]:
    """Yield lines to import, many together."""
    for first in range(0, count, PAIRS_TOGETHER):
        numbers = range(first, min(first + PAIRS_TOGETHER, count))
        yield b"".join(b'{"key":"key-%09d","value":"value %d"}\n' % (number, number) for number in numbers)


def _export(client: httpx.Client, url: str) -> int:
    lines = 0
    with client.stream("GET", f"{url}/export", headers={"Accept-Encoding": "identity"}) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_raw():
            lines += chunk.count(b"\n")
    return lines


def _find_peak(contestant: Contestant) -> int:
    """Return the peak resident memory of the worker: bytes."""
    status = Path(f"/proc/{contestant.processes[0].pid}/status").read_text()
    kilobytes = re.search(r"VmHWM:\s+(\d+)", status)
    assert kilobytes is not None
    return int(kilobytes[1]) * 1024
