"""The same two cores for both: etcd uses them by itself, ours has two workers, which share them with their store."""

from dataclasses import replace

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import MEMORY, fill
from benchmarks.sides import take_rounds
from benchmarks.works import ETCD, OURS, READ_ONE, WRITE_ONE
from benchmarks.wrk import Wrk

CONNECTIONS = 64


def measure_same_cores(bench: Bench) -> None:
    """Read and write single pairs on all of the cores that a service and its store have in `side_by_side`."""
    layout = bench.stage.layout
    cores = layout.server | layout.store
    stage = replace(bench.stage, layout=replace(layout, server=cores, store=cores), folder=bench.stage.folder / "same_cores")
    with (
        stage.tarantool(TARANTOOL_MEMTX_MEMORY=MEMORY) as tarantool,
        stage.key_value_service(tarantool, KEY_VALUE_WORKERS=str(len(cores))) as ours,
        stage.etcd() as etcd,
    ):
        fill(ours, etcd)
        for work in (READ_ONE, WRITE_ONE):
            samples = take_rounds(replace(bench, wrk=Wrk(layout, CONNECTIONS)), (ours, etcd), work)
            rates = [f"{middle(samples[name]).per_second:,.0f}" for name in (OURS, ETCD)]
            ratio = middle_ratio(samples[OURS], samples[ETCD])
            name = f"{work.name}, {len(cores)} workers and their store on etcd's {len(cores)} cores: requests/s"
            bench.report.add(name, [rates[0], "", rates[1]], result=f"{ratio:.2f} × {ETCD}")
