"""Side by side: the throughput of each contestant with the works of works.py, in interleaved rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant, three_contestants
from benchmarks.report import at_least
from benchmarks.works import BARE, ETCD, OURS, WORKS, ContestantName, Work
from benchmarks.wrk import Sample

NAMES: tuple[ContestantName, ...] = (OURS, BARE, ETCD)

Samples = Mapping[ContestantName, Sequence[Sample]]


def measure_side_by_side(bench: Bench) -> None:
    """Measure every work with every contestant that supports it."""
    with three_contestants(bench.stage) as contestants:
        for work in WORKS:
            samples = take_rounds(bench, contestants, work)
            _report(bench, work, samples)


def take_rounds(bench: Bench, contestants: Sequence[Contestant], work: Work) -> Samples:
    """Run the work on all contestants that support it, in turn, round by round."""
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
        report.remarks.append(f"{work.name}: {broken:,} requests were refused or failed.")

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
