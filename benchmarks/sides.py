"""Side by side: the works of works.py, closed loop for throughput and open loop for latency, in interleaved rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant, three_contestants
from benchmarks.fixed_rate import PERCENTILES, Run, percentile, run_at_fixed_rate
from benchmarks.report import at_least, at_most
from benchmarks.works import BARE, ETCD, OURS, READ_ONE, WORKS, ContestantName, Work
from benchmarks.wrk import Sample

NAMES: tuple[ContestantName, ...] = (OURS, BARE, ETCD)

Samples = Mapping[ContestantName, Sequence[Sample]]


def measure_side_by_side(bench: Bench) -> None:
    """Measure every work with every contestant that has it."""
    with three_contestants(bench.stage) as contestants:
        for work in WORKS:
            samples = _measure(bench, contestants, work)
            _report(bench, work, samples)
        _measure_latency(bench, contestants)


def _measure(bench: Bench, contestants: Sequence[Contestant], work: Work) -> Samples:
    taking_part = [one for one in contestants if work.requests(one.name)]
    samples: dict[ContestantName, list[Sample]] = {one.name: [] for one in taking_part}
    for contestant in taking_part:
        bench.wrk.run(contestant, work.requests(contestant.name), 1)  # warms up
    for _ in range(bench.durations.rounds):
        for contestant in taking_part:
            sample = bench.wrk.run(contestant, work.requests(contestant.name), bench.durations.seconds)
            samples[contestant.name].append(sample)
    return samples


def _report(bench: Bench, work: Work, samples: Samples) -> None:
    report = bench.report
    middles = {name: middle(of_one) for name, of_one in samples.items()}
    broken = sum(sample.refused + sample.broken for of_one in samples.values() for sample in of_one)
    if broken:
        report.remarks.append(f"{work.name}: {broken:,} requests were refused or broke.")

    def cells(name: str, form: str) -> list[str]:
        return [form.format(getattr(middles[one], name)) if one in middles else "" for one in NAMES]

    values = cells("per_second", "{:,.0f}")
    for rival, bound in work.goals.items():
        ratio = middle_ratio(samples[OURS], samples[rival])
        report.hold(f"{work.name}: requests/s", ratio, at_least(bound, f"× {rival}"), values)
    if not work.goals:
        report.add(f"{work.name}: requests/s", values)
    report.add("… CPU-seconds a million", cells("cpu_seconds_per_million", "{:,.0f}"))
    report.add("… p99, ms", cells("p99", "{:.1f}"))
    report.series.setdefault("works", {})[work.name] = {
        name: {"median": asdict(middles[name]), "rounds": [asdict(sample) for sample in of_one]}
        for name, of_one in samples.items()
    }


def _measure_latency(bench: Bench, contestants: Sequence[Contestant]) -> None:
    """Half of capacity, for true percentiles. Ours and the bare app get the same rate: half of what the slower one can do."""
    durations, report = bench.durations, bench.report
    capacity = {name: middles["median"]["per_second"] for name, middles in report.series["works"][READ_ONE.name].items()}
    shared = min(capacity[OURS], capacity[BARE]) / 2
    rates = {OURS: shared, BARE: shared, ETCD: capacity[ETCD] / 2}
    runs: dict[ContestantName, list[Run]] = {name: [] for name in NAMES}
    for _ in range(durations.open_loop_rounds):
        for one in contestants:
            phases = [(rates[one.name], durations.open_loop_seconds)]
            requests = READ_ONE.requests(one.name)
            runs[one.name].append(run_at_fixed_rate(one, requests, phases, bench.stage.layout))
    middles = {name: _middle_percentiles(of_one) for name, of_one in runs.items()}
    series = {
        name: {
            "rate": rates[name],
            "percentiles": {str(percent): value for percent, value in middles[name].items()},
            "failed": sum(run.failed for run in runs[name]),
            "generator_lag_p99": max(run.lag_p99 for run in runs[name]),
        }
        for name in NAMES
    }
    report.series["open_loop"] = series
    report.add("/read, 1 key, at half of capacity: requests/s", [f"{rates[name]:,.0f}" for name in NAMES])
    for percent in (50.0, 99.9):
        report.add(f"… p{percent:g}, ms", [f"{middles[name][percent]:.2f}" for name in NAMES])
    ratio = _middle([a.percentiles()[99.0] / b.percentiles()[99.0] for a, b in zip(runs[OURS], runs[BARE], strict=True)])
    report.hold("… p99, ms", ratio, at_most(1.0, f"× {BARE}"), [f"{middles[name][99.0]:.2f}" for name in NAMES])
    failed = sum(run.failed for of_one in runs.values() for run in of_one)
    if failed:
        report.remarks.append(f"Half of capacity: {failed:,} requests were not done.")


def _middle_percentiles(runs: Sequence[Run]) -> dict[float, float]:
    return {percent: _middle([run.percentiles()[percent] for run in runs]) for percent in PERCENTILES}


def _middle(values: Sequence[float]) -> float:
    return percentile(sorted(values), 50)
