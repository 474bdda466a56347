"""What a replica set costs: three Tarantools beside one, etcd on three members beside one, and watchers beside none.

All on this machine: what three members cost includes that they share its cores.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import middle, middle_ratio
from benchmarks.contestants import Contestant, Stage, fill, open_stage, stopping
from benchmarks.etcd import Etcd
from benchmarks.machine import Layout, cpu_seconds, running_on
from benchmarks.watchers import WATCHERS, WRITES_PER_SECOND, watch
from benchmarks.works import ETCD, KEYS, READ_ONE, WORKS, WRITE_ONE, read
from benchmarks.wrk import Sample, Wrk
from test_support.processes import ProcessUnderTest, reserve_port
from test_support.replica_set import MEMBERS, NewTarantool, ReplicaSet

WRITE_MANY = next(work for work in WORKS if work.name == "/write, 100 keys")
ROW = "{:<20}{:<26}{:>10}{:>10}{:>12}{:>14}"


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replica_set", description=__doc__)
    parser.add_argument("--tarantool", required=True, help="path of a Tarantool of version 3.3 or later")
    parser.add_argument("--rounds", type=int, default=6, help="how often each is measured, in turn")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one of them in one round")
    arguments = parser.parse_args()
    NewTarantool.program = arguments.tarantool
    layout = Layout.of(os.sched_getaffinity(0))
    print(layout.describe())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, open_stage(Path(folder), layout) as stage:
        compare(stage, arguments.rounds, arguments.seconds)
        measure_watchers(stage, arguments.seconds * 3)


def compare(stage: Stage, rounds: int, seconds: float) -> None:
    """Send the same requests to each, in turn."""
    wrk = Wrk(stage.layout)
    print(ROW.format("", "", "per s", "p99, ms", "CPU-s a mln", "beside one"))
    with ExitStack() as stack:
        one = stack.enter_context(single_instance(stage))
        three, _ = stack.enter_context(replica_set(stage))
        etcd_one = stack.enter_context(replace(stage, folder=stage.folder / "one").etcd())
        etcd_three = stack.enter_context(etcd_cluster(stage))
        fill(one, etcd_one)
        fill(three, etcd_three)
        pairs = {"three Tarantools": (three, one), "etcd, three members": (etcd_three, etcd_one)}
        names = {three: "three Tarantools", one: "one Tarantool", etcd_three: "etcd, three members", etcd_one: "etcd, one"}
        for work in (READ_ONE, WRITE_ONE, WRITE_MANY):
            samples: Mapping[Contestant, list[Sample]] = {contestant: [] for contestant in names}
            for contestant in names:
                wrk.run(contestant, work.requests(contestant.name), 1)  # warms up
            for _ in range(rounds):
                for contestant in names:
                    samples[contestant].append(wrk.run(contestant, work.requests(contestant.name), seconds))
            ratios = {several: middle_ratio(samples[several], samples[single]) for several, single in pairs.values()}
            for contestant, name in names.items():
                sample = middle(samples[contestant])
                ratio = f"{ratios[contestant]:.2f} ×" if contestant in ratios else ""
                figures = (f"{sample.per_second:,.0f}", f"{sample.p99:.1f}", f"{sample.cpu_seconds_per_million:,.0f}")
                print(ROW.format(work.name, name, *figures, ratio))


def measure_watchers(stage: Stage, seconds: float) -> None:
    """Write at a fixed rate while nobody watches, and while many do, at the leader or elsewhere."""
    print(f"\n{WRITES_PER_SECOND} writes/s for {seconds:.0f} s: CPU-seconds of the leader, and of the two others")
    with replica_set(replace(stage, folder=stage.folder / "watched")) as (service, members):
        for name, count, more in (
            ("nobody watches", 0, ""),
            (f"{WATCHERS:,} watch, consistency=stale", WATCHERS, "&consistency=stale"),
            (f"{WATCHERS:,} watch", WATCHERS, ""),
        ):
            after = service.send(read(KEYS[:1])).json()["revision"]
            leader = members.leader()
            pids = [[leader.pid], [other.pid for other in members.others(leader)]]
            before = list(map(cpu_seconds, pids))
            with running_on(stage.layout.load):
                watchers, written = asyncio.run(watch(service, seconds, count, after, more))
            used = [cpu_seconds(of_some) - earlier for of_some, earlier in zip(pids, before, strict=True)]
            wrong = sum(watcher.wrong + abs(written - watcher.last) for watcher in watchers)
            print(f"{name:<34}{used[0]:>8.2f}{used[1]:>8.2f}   {wrong} events lost or duplicated")


@contextmanager
def single_instance(stage: Stage) -> Iterator[Contestant]:
    """Run a service with one instance of the same Tarantool."""
    tarantool = NewTarantool("key_value", stage.folder / "single")
    with running_on(stage.layout.store):
        tarantool.start()
    with stopping(tarantool), stage.key_value_service(tarantool, "service_of_one") as service:
        yield service


@contextmanager
def replica_set(stage: Stage) -> Iterator[tuple[Contestant, ReplicaSet]]:
    """Run a service with three."""
    members = ReplicaSet("key_value", stage.folder / "members")
    with ExitStack() as stack:
        with running_on(stage.layout.store):
            stack.enter_context(members)
        members.wait_until_whole()
        addresses = {"KEY_VALUE_TARANTOOL_ADDRESSES": members.addresses}
        service = stack.enter_context(stage.key_value_service(members.members[0], "service_of_three", **addresses))
        yield replace(service, processes=(service.processes[0], *members.members)), members


@contextmanager
def etcd_cluster(stage: Stage) -> Iterator[Contestant]:
    """Run etcd on three members; requests go to its leader."""
    peers = {f"member-{number}": f"http://127.0.0.1:{reserve_port()}" for number in range(MEMBERS)}
    members = [Etcd(stage.folder / "three" / name, name, peers) for name in peers]
    with ExitStack() as stack:
        with running_on(stage.layout.server | stage.layout.store):
            for member in members:
                ProcessUnderTest.start(member)
                stack.enter_context(stopping(member))
        for member in members:
            member.wait_until_healthy()
        leader = next(member for member in members if member.is_leader())
        yield Contestant(ETCD, leader.port, leader.protect(), tuple(members))


if __name__ == "__main__":
    main()
