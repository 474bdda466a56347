"""Latency for independent clients: requests arrive at half of capacity, however long earlier ones take."""

from collections.abc import Sequence
from statistics import median

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant, three_contestants
from benchmarks.fixed_rate import PERCENTILES, Run, choose_undisturbed, p99s, run_at_fixed_rate, take_turns
from benchmarks.report import at_most
from benchmarks.works import BARE, ETCD, OURS, READ_ONE, ContestantName

NAMES: tuple[ContestantName, ...] = (OURS, BARE, ETCD)
WARM_UP_SECONDS = 1


def measure_latency(bench: Bench) -> None:
    """Measure ours and the bare app at the same rate, half of the slower one's capacity, and etcd at half of its own."""
    durations, layout = bench.durations, bench.stage.layout
    with three_contestants(bench.stage) as contestants:
        capacity = _capacity(bench) or {
            one.name: bench.wrk.run(one, READ_ONE.requests(one.name), durations.seconds).per_second for one in contestants
        }
        shared = min(capacity[OURS], capacity[BARE]) / 2
        rates: dict[ContestantName, float] = {OURS: shared, BARE: shared, ETCD: capacity[ETCD] / 2}
        for one in contestants:
            bench.wrk.run(one, READ_ONE.requests(one.name), WARM_UP_SECONDS)

        def run(one: Contestant) -> Run:
            phases = [(rates[one.name], durations.open_loop_seconds)]
            return run_at_fixed_rate(one, READ_ONE.requests(one.name), phases, layout)

        ours, bare, etcd = contestants
        turns = take_turns(durations.open_loop_rounds, lambda: (run(ours), run(bare)))
        etcd_turns = take_turns(1, lambda: (run(etcd),))
    remarks = bench.report.remarks
    counted = choose_undisturbed(turns, "Half of capacity", remarks)
    [of_etcd] = zip(*choose_undisturbed(etcd_turns, "Half of capacity, etcd", remarks), strict=True)
    of_ours, of_bare = zip(*counted, strict=True)
    _report(bench, rates, {OURS: of_ours, BARE: of_bare, ETCD: of_etcd})


def _capacity(bench: Bench) -> dict[ContestantName, float]:
    measured = bench.report.series.get("works", {}).get(READ_ONE.name, {})
    return {name: of_one["median"]["per_second"] for name, of_one in measured.items()}


def _report(bench: Bench, rates: dict[ContestantName, float], runs: dict[ContestantName, tuple[Run, ...]]) -> None:
    report = bench.report
    middles = {name: _middle_percentiles(of_one) for name, of_one in runs.items()}
    report.series["open_loop"] = {
        name: {
            "rate": rates[name],
            "percentiles": {str(percent): value for percent, value in middles[name].items()},
            "failed": sum(run.failed for run in runs[name]),
            "generator_lag_p99": max(run.lag_p99 for run in runs[name]),
        }
        for name in NAMES
    }
    report.add(f"{READ_ONE.name}, at half of capacity: requests/s", [f"{rates[name]:,.0f}" for name in NAMES])
    report.add("… p50, ms", [f"{middles[name][50.0]:.2f}" for name in NAMES])
    ratio = median(ours / bare for ours, bare in zip(p99s(runs[OURS]), p99s(runs[BARE]), strict=True))
    report.hold("… p99, ms", ratio, at_most(1.0, f"× {BARE}"), [f"{middles[name][99.0]:.2f}" for name in NAMES])
    report.add("… p99.9, ms", [f"{middles[name][99.9]:.2f}" for name in NAMES])
    failed = sum(run.failed for of_one in runs.values() for run in of_one)
    if failed:
        report.remarks.append(f"Half of capacity: {failed:,} requests did not succeed.")


def _middle_percentiles(runs: Sequence[Run]) -> dict[float, float]:
    return {percent: median(run.percentiles()[percent] for run in runs) for percent in PERCENTILES}
