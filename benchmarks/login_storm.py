"""What a storm of logins on the authorization service does to who reads from the key-value service."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median

from benchmarks.bench import Bench, middle
from benchmarks.contestants import Contestant
from benchmarks.fixed_rate import SECONDS_TO_START, Run, run_at_fixed_rate
from benchmarks.logins import RIGHT, UNCOUNTED, WRONG, register
from benchmarks.machine import Cores, Layout
from benchmarks.report import at_most
from benchmarks.works import KEYS, READ_ONE, write
from benchmarks.wrk import Sample, Wrk

CORES_NEEDED = 4
WARM_UP_SECONDS = 2
MOST_LAG_MILLISECONDS = 1.0
NAME = "/read, 1 key, at half of capacity: p99 while logins storm, ms"
LITTLE_WORSE = at_most(1.2, "× p99 without logins")


def measure_login_storm(bench: Bench) -> None:
    """Read at half of capacity, in turn without and with as many right and wrong logins as the authorization service takes.

    The key-value service, its Tarantool and the readers have a core each; the authorization service, its Tarantool and who logs
    in share the fourth. A right login opens a session and ends the oldest one, which is a revocation to be followed.
    """
    cores = sorted(bench.stage.layout.server | bench.stage.layout.store | bench.stage.layout.load)
    if len(cores) < CORES_NEEDED:
        bench.report.leave_out(NAME, "two services, a store and the load need four cores")
        return
    server, store, elsewhere, load = (Cores([core]) for core in cores[:CORES_NEEDED])
    stage = replace(bench.stage, folder=bench.stage.folder / "login_storm", layout=Layout(server, store, load))
    logins = Wrk(Layout(elsewhere, elsewhere, elsewhere))
    with stage.both_services(Layout(elsewhere, elsewhere, elsewhere), **UNCOUNTED) as (authorization, readers):
        register(authorization)
        # Of another user: sessions too many end the oldest one.
        key_value = replace(readers, authorization=f"Bearer {register(authorization, 'reader')}")
        key_value.send(write(KEYS))
        rate = Wrk(stage.layout).run(key_value, READ_ONE.ours, WARM_UP_SECONDS).per_second / 2
        seconds = bench.durations.open_loop_seconds / 2  # many short rounds: what the machine does meanwhile meets few of them
        calm, stormy, storms = [], [], []
        for _ in range(2 * bench.durations.open_loop_rounds):
            calm.append(_read(key_value, rate, seconds, stage.layout))
            with ThreadPoolExecutor(1) as beside:
                storm = beside.submit(logins.run, authorization, [RIGHT, WRONG], seconds + 2 * SECONDS_TO_START)
                stormy.append(_read(key_value, rate, seconds, stage.layout))
                storms.append(storm.result())
    _report(bench, rate, calm, stormy, storms)


def _read(key_value: Contestant, rate: float, seconds: float, layout: Layout) -> Run:
    return run_at_fixed_rate(key_value, READ_ONE.ours, [(rate, seconds)], layout)


def _report(bench: Bench, rate: float, calm: Sequence[Run], stormy: Sequence[Run], storms: Sequence[Sample]) -> None:
    def p99s(runs: Sequence[Run]) -> list[float]:
        return [run.percentiles()[99.0] for run in runs]

    storm = middle(storms)
    seconds = bench.durations.open_loop_seconds / 2 + 2 * SECONDS_TO_START
    bench.report.series["login_storm"] = {
        "rate": rate,
        "p99_calm": p99s(calm),
        "p99_stormy": p99s(stormy),
        "generator_lag_p99": [run.lag_p99 for run in [*calm, *stormy]],
    }
    bench.report.add("/read, 1 key, at half of capacity: p99 without logins, ms", [f"{median(p99s(calm)):.2f}"])
    failed = sum(run.failed for run in [*calm, *stormy])
    if failed:
        bench.report.remarks.append(f"Login storm: {failed:,} reads were not done.")
    lag = max(run.lag_p99 for run in [*calm, *stormy])
    if lag > MOST_LAG_MILLISECONDS:
        bench.report.remarks.append(f"Login storm: in some round the generator itself was late, by {lag:.1f} ms at p99.")
    ratio = median(after / before for before, after in zip(p99s(calm), p99s(stormy), strict=True))
    bench.report.hold(NAME, ratio, LITTLE_WORSE, [f"{median(p99s(stormy)):.2f}"])
    bench.report.add("… logins/s meanwhile", result=f"{storm.per_second:.0f} right, {storm.refused / seconds:.0f} wrong")
