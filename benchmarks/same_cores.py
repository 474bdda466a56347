"""The same two cores for both: etcd uses what it is given, ours two workers, which share the cores with their store."""

from dataclasses import replace

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import MEMORY
from benchmarks.works import ETCD, KEYS, OURS, READ_ONE, WRITE_ONE, ContestantName, etcd_write, write
from benchmarks.wrk import Sample, Wrk

WARM_UP_SECONDS = 1
CONNECTIONS = 64


def measure_same_cores(bench: Bench) -> None:
    """Read and write single pairs, in turn, with all of the cores that a service and its store have in `side_by_side`."""
    layout = bench.stage.layout
    cores = layout.server | layout.store
    stage = replace(bench.stage, layout=replace(layout, server=cores, store=cores), folder=bench.stage.folder / "same_cores")
    wrk = Wrk(layout, CONNECTIONS)
    with (
        stage.tarantool(TARANTOOL_MEMTX_MEMORY=MEMORY) as tarantool,
        stage.key_value_service(tarantool, KEY_VALUE_WORKERS=str(len(cores))) as ours,
        stage.etcd() as etcd,
    ):
        ours.send(write(KEYS))
        for start in range(0, len(KEYS), 100):
            etcd.send(etcd_write(KEYS[start : start + 100]))
        for work in (READ_ONE, WRITE_ONE):
            samples: dict[ContestantName, list[Sample]] = {OURS: [], ETCD: []}
            for contestant in (ours, etcd):
                wrk.run(contestant, work.requests(contestant.name), WARM_UP_SECONDS)
            for _ in range(bench.durations.rounds):
                for contestant in (ours, etcd):
                    samples[contestant.name].append(wrk.run(contestant, work.requests(contestant.name), bench.durations.seconds))
            rates = [f"{middle(samples[name]).per_second:,.0f}" for name in (OURS, ETCD)]
            ratio = middle_ratio(samples[OURS], samples[ETCD])
            name = f"{work.name}, {len(cores)} workers and their store on etcd's {len(cores)} cores: requests/s"
            bench.report.add(name, [rates[0], "", rates[1]], result=f"{ratio:.2f} × {ETCD}")
