"""The command `kv`: how long `kv get` takes, beside etcdctl, and how many pairs a second it imports and exports."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.machine import running_on
from benchmarks.report import at_most
from benchmarks.transfer import STORE_MEMORY, lines_of_pairs
from benchmarks.works import KEYS, VALUE_TEXT, write

KV = str(Path(sys.executable).parent / "kv")
START = at_most(250, "ms", decimals=0)
RUNS_A_ROUND = 5


def measure_command(bench: Bench) -> None:
    """Read one pair with each command, in turn, then import and export many."""
    stage = replace(bench.stage, folder=bench.stage.folder / "command")
    with (
        stage.tarantool(TARANTOOL_MEMTX_MEMORY=STORE_MEMORY) as tarantool,
        stage.key_value_service(tarantool) as service,
        stage.etcd(protected=False) as etcd,  # with a password, etcdctl would log in each time, and kv would not
        running_on(stage.layout.load),
    ):
        service.send(write(KEYS[:1]))
        _measure_start(bench, service, ["etcdctl", f"--endpoints={etcd.host}"])
        _measure_transfer(bench, service)


def _measure_start(bench: Bench, service: Contestant, etcdctl: list[str]) -> None:
    _run(service, [*etcdctl, "put", KEYS[0], VALUE_TEXT])
    commands = {
        "kv get": [KV, "get", KEYS[0]],
        "etcdctl get": [*etcdctl, "get", "--print-value-only", KEYS[0]],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    milliseconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(bench.durations.rounds * RUNS_A_ROUND):
        for name, command in commands.items():
            milliseconds[name].append(_run(service, command)[0] * 1000)
    kv, other, python = (median(of_one) for of_one in milliseconds.values())
    bench.report.hold("kv get, from start to end", kv, START)
    bench.report.add(f"… beside etcdctl get ({other:.0f} ms)", result=f"{kv / other:.1f} × etcdctl")
    bench.report.add(f"… beside the start of Python itself ({python:.0f} ms)", result=f"{kv / python:.1f} × Python")
    bench.report.series["command_milliseconds"] = milliseconds


def _measure_transfer(bench: Bench, service: Contestant) -> None:
    count = bench.durations.client_pairs
    file, exported = bench.stage.folder / "pairs.ndjson", bench.stage.folder / "exported.ndjson"
    with file.open("wb") as lines:
        lines.writelines(lines_of_pairs(count))
    import_seconds, summary = _run(service, [KV, "import", "--output", "json", str(file)])
    if json.loads(summary)["written"] != count:
        raise RuntimeError(f"not all pairs were imported: {summary}")
    export_seconds, _ = _run(service, [KV, "export", "--out", str(exported)])
    with exported.open("rb") as lines:
        if sum(1 for _ in lines) != 1 + count + 1:  # the revision, the pairs, and the one that was read before
            raise RuntimeError("not all pairs were exported")
    for name, seconds in (("kv import", import_seconds), ("kv export", export_seconds)):
        bench.report.add(f"{name}, {count:,} pairs: pairs/s", result=f"{count / seconds:,.0f}")
    bench.report.series["command_transfer"] = {"pairs": count, "import_seconds": import_seconds, "export_seconds": export_seconds}


def _run(service: Contestant, command: list[str]) -> tuple[float, str]:
    """Run a command that knows the service; return the seconds that it took, and its output."""
    token = service.authorization.removeprefix("Bearer ")
    environment = {"PATH": os.environ["PATH"], "KV_URL": f"http://{service.host}", "KV_TOKEN": token}
    began = time.perf_counter()
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return time.perf_counter() - began, output
