"""What else people use to read and write one key over a network: Redis behind webdis, and etcd by gRPC."""

from dataclasses import asdict, replace

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant, fill
from benchmarks.grpc_calls import Call, H2load, put_call, range_call
from benchmarks.works import (
    ETCD_GRPC,
    KEYS,
    OURS,
    READ_ONE,
    VALUE_TEXT,
    WEBDIS,
    WRITE_ONE,
    ContestantName,
    Work,
    batches,
    webdis_set,
)
from benchmarks.wrk import Sample

CALLS = {READ_ONE.name: range_call(KEYS[0]), WRITE_ONE.name: put_call(KEYS[0], VALUE_TEXT)}


def measure_alternatives(bench: Bench) -> None:
    """Read and write single pairs with each, in turn with the key-value service."""
    stage = replace(bench.stage, folder=bench.stage.folder / "alternatives")
    with (
        stage.tarantool() as tarantool,
        stage.key_value_service(tarantool) as ours,
        stage.webdis() as webdis,
        stage.etcd() as etcd,
    ):
        fill(ours, etcd)
        for [key] in batches(1):  # those that are read
            webdis.send(webdis_set(key))
        for work in (READ_ONE, WRITE_ONE):
            _measure(bench, (ours, webdis, replace(etcd, name=ETCD_GRPC)), work)


def _measure(bench: Bench, contestants: tuple[Contestant, ...], work: Work) -> None:
    samples: dict[ContestantName, list[Sample]] = {one.name: [] for one in contestants}
    for one in contestants:
        _run(bench, one, work, 1)  # warms up
    for _ in range(bench.durations.rounds):
        for one in contestants:
            samples[one.name].append(_run(bench, one, work, bench.durations.seconds))
    _report(bench, work, samples)


def _run(bench: Bench, contestant: Contestant, work: Work, seconds: int) -> Sample:
    if contestant.name == ETCD_GRPC:
        call: Call = CALLS[work.name]
        return H2load(bench.stage.layout).run(contestant, call, seconds)
    return bench.wrk.run(contestant, work.requests(contestant.name), seconds)


def _report(bench: Bench, work: Work, samples: dict[ContestantName, list[Sample]]) -> None:
    ours = middle(samples[OURS])
    for rival in (WEBDIS, ETCD_GRPC):
        other = middle(samples[rival])
        bench.report.add(
            f"{work.name}, beside {rival} ({other.per_second:,.0f}): requests/s",
            [f"{ours.per_second:,.0f}"],
            f"{middle_ratio(samples[OURS], samples[rival]):.2f} × {rival}",
        )
        bench.report.add(
            f"… CPU-seconds a million (… {other.cpu_seconds_per_million:,.0f})", [f"{ours.cpu_seconds_per_million:,.0f}"]
        )
        bench.report.add(f"… p99, ms (… {other.p99:.1f})", [f"{ours.p99:.1f}"])
    failed = sum(sample.refused + sample.broken for of_one in samples.values() for sample in of_one)
    if failed:
        bench.report.remarks.append(f"{work.name}, beside others: {failed:,} requests were refused or failed.")
    bench.report.series.setdefault("alternatives", {})[work.name] = {
        name: [asdict(sample) for sample in of_one] for name, of_one in samples.items()
    }
