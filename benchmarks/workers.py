"""Two workers against one."""

from dataclasses import replace

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.machine import Cores, Layout
from benchmarks.report import at_least
from benchmarks.works import KEYS, READ_ONE, write
from benchmarks.wrk import Sample, Wrk

NAME = "/read, 1 key, 2 workers: requests/s"
CORES_NEEDED = 4
WARM_UP_SECONDS = 2
CONNECTIONS = 256  # for one as for two: with 64, two workers were idle for a tenth of the time, with 256 for a thirtieth
TWICE = at_least(1.9, "× 1 worker")


def measure_workers(bench: Bench) -> None:
    """Give two workers a core each; the store and the load share the other two, also beside one worker.

    The store needs a fifth of a core, the load more than one.
    """
    layout = bench.stage.layout
    cores = sorted(layout.server | layout.store | layout.load)
    if len(cores) < CORES_NEEDED:
        bench.report.leave_out(NAME, "two workers, their store and the load need four cores")
        return
    one_core, two_cores, others = Cores(cores[:1]), Cores(cores[:2]), Cores(cores[2:4])
    shared = Layout(one_core, others, others)
    wrk = Wrk(shared, connections=CONNECTIONS)
    with bench.stage.tarantool("tarantool_of_workers") as tarantool:
        one = replace(bench.stage, layout=shared)
        two = replace(bench.stage, layout=replace(shared, server=two_cores))
        with (
            one.key_value_service(tarantool, "one_worker", KEY_VALUE_WORKERS="1") as alone,
            two.key_value_service(tarantool, "two_workers", KEY_VALUE_WORKERS="2") as both,
        ):
            alone.send(write(KEYS))
            for contestant in (alone, both):
                wrk.run(contestant, READ_ONE.ours, WARM_UP_SECONDS)  # one worker is ready before the other
            samples: dict[int, list[Sample]] = {1: [], 2: []}
            for _ in range(bench.durations.rounds):
                for workers, contestant in ((1, alone), (2, both)):
                    samples[workers].append(wrk.run(contestant, READ_ONE.ours, bench.durations.seconds))
    middles = {workers: middle(of_one).per_second for workers, of_one in samples.items()}
    bench.report.series["workers"] = {str(workers): rate for workers, rate in middles.items()}
    bench.report.add(f"/read, 1 key, 1 worker, {CONNECTIONS} connections: requests/s", [f"{middles[1]:,.0f}"])
    bench.report.hold(NAME, middle_ratio(samples[2], samples[1]), TWICE, [f"{middles[2]:,.0f}"])
