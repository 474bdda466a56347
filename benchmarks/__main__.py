"""Measure everything: one table at the end, JSON and plots in benchmarks/results."""

import argparse
import os
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.alternatives import measure_alternatives
from benchmarks.bench import FULL, QUICK, Bench, Measurement
from benchmarks.client_library import measure_client_library
from benchmarks.command import measure_command
from benchmarks.consoles import measure_consoles
from benchmarks.contestants import open_stage
from benchmarks.dataset import measure_dataset_sizes
from benchmarks.expiry import measure_expiry
from benchmarks.latency import measure_latency
from benchmarks.login_storm import measure_login_storm
from benchmarks.logins import measure_logins
from benchmarks.overload import measure_overload
from benchmarks.plots import draw
from benchmarks.report import Report
from benchmarks.rest import measure_start_and_memory
from benchmarks.revocation import measure_revocation
from benchmarks.same_cores import measure_same_cores
from benchmarks.sides import measure_side_by_side
from benchmarks.sign_in import measure_sign_in
from benchmarks.sweeps import measure_batch_sizes, measure_connections, measure_value_sizes
from benchmarks.transfer import measure_transfer
from benchmarks.watchers import measure_watchers
from benchmarks.workers import measure_workers
from benchmarks.wrk import Wrk

MEASUREMENTS: dict[str, Measurement] = {
    "side_by_side": measure_side_by_side,
    "alternatives": measure_alternatives,
    "same_cores": measure_same_cores,
    "latency": measure_latency,
    "batch_sizes": measure_batch_sizes,
    "value_sizes": measure_value_sizes,
    "connections": measure_connections,
    "workers": measure_workers,
    "dataset_sizes": measure_dataset_sizes,
    "expiry": measure_expiry,
    "start_and_memory": measure_start_and_memory,
    "overload": measure_overload,
    "logins": measure_logins,
    "sign_in": measure_sign_in,
    "login_storm": measure_login_storm,
    "revocation": measure_revocation,
    "watchers": measure_watchers,
    "consoles": measure_consoles,
    "transfer": measure_transfer,
    "client_library": measure_client_library,
    "command": measure_command,
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short and rough, in four minutes")
    parser.add_argument("--only", choices=MEASUREMENTS, nargs="+", default=list(MEASUREMENTS), help="measure these alone")
    arguments = parser.parse_args()

    _allow_many_connections()
    layout = machine.Layout.of(os.sched_getaffinity(0))
    today = datetime.now(UTC).date().isoformat()
    report = Report(machine.describe(layout), today, arguments.quick)
    print(layout.describe())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, open_stage(Path(folder), layout) as stage:
        bench = Bench(stage, Wrk(layout), QUICK if arguments.quick else FULL, report)
        for name in arguments.only:
            started = time.monotonic()
            print(f"{name} …", end=" ", flush=True)
            MEASUREMENTS[name](bench)
            print(f"{time.monotonic() - started:.0f} s")
    RESULTS.mkdir(exist_ok=True)
    report.write(RESULTS / "latest.json")
    draw(report, RESULTS)
    print(f"\n{report.text()}\n\nAll numbers and plots: {RESULTS}")


def _allow_many_connections() -> None:
    # Child processes inherit it; the usual limit of 1024 is too low for some measurements.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
