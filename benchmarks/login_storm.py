"""Reads from the key-value service during a storm of logins on the authorization service."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median

from benchmarks.bench import Bench, middle
from benchmarks.fixed_rate import SECONDS_TO_START, Run, Turn, choose_undisturbed, p99s, run_at_fixed_rate, take_turns
from benchmarks.logins import RIGHT, UNCOUNTED, WRONG, register
from benchmarks.machine import Cores, Layout
from benchmarks.report import at_most
from benchmarks.works import KEYS, READ_ONE, write
from benchmarks.wrk import Sample, Wrk

CORES_NEEDED = 4
WARM_UP_SECONDS = 2
NAME = "/read, 1 key, at half of capacity: p99 while logins storm, ms"
LITTLE_WORSE = at_most(1.2, "× p99 without logins")


def measure_login_storm(bench: Bench) -> None:
    """Read at half of capacity, in turn without and with as many right and wrong logins as the authorization service takes.

    The key-value service, its Tarantool and the readers have a core each; the authorization service, its Tarantool and the
    clients that log in share the fourth. A right login opens a session and revokes the oldest one.
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
        # Of another user: logins beyond the limit end a user's oldest session.
        key_value = replace(readers, authorization=f"Bearer {register(authorization, 'reader')}")
        key_value.send(write(KEYS))
        rate = Wrk(stage.layout).run(key_value, READ_ONE.ours, WARM_UP_SECONDS).per_second / 2
        seconds = bench.durations.open_loop_seconds
        storms = []

        def read_calmly() -> Run:
            return run_at_fixed_rate(key_value, READ_ONE.ours, [(rate, seconds)], stage.layout)

        def read_while_others_log_in() -> Run:
            with ThreadPoolExecutor(1) as beside:
                storm = beside.submit(logins.run, authorization, [RIGHT, WRONG], seconds + 2 * SECONDS_TO_START)
                run = read_calmly()
                storms.append(storm.result())
            return run

        turns = take_turns(bench.durations.open_loop_rounds, lambda: (read_calmly(), read_while_others_log_in()))
    _report(bench, rate, choose_undisturbed(turns, "Login storm", bench.report.remarks), storms)


def _report(bench: Bench, rate: float, turns: Sequence[Turn], storms: Sequence[Sample]) -> None:
    calm, stormy = zip(*turns, strict=True)

    storm = middle(storms)
    seconds = bench.durations.open_loop_seconds + 2 * SECONDS_TO_START
    bench.report.series["login_storm"] = {
        "rate": rate,
        "p99_calm": p99s(calm),
        "p99_stormy": p99s(stormy),
        "generator_lag_p99": [run.lag_p99 for run in [*calm, *stormy]],
    }
    bench.report.add("/read, 1 key, at half of capacity: p99 without logins, ms", [f"{median(p99s(calm)):.2f}"])
    failed = sum(run.failed for run in [*calm, *stormy])
    if failed:
        bench.report.remarks.append(f"Login storm: {failed:,} reads did not succeed.")
    ratio = median(after / before for before, after in zip(p99s(calm), p99s(stormy), strict=True))
    bench.report.hold(NAME, ratio, LITTLE_WORSE, [f"{median(p99s(stormy)):.2f}"])
    bench.report.add("… logins/s meanwhile", result=f"{storm.per_second:.0f} right, {storm.refused / seconds:.0f} wrong")
