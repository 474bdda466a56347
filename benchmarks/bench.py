"""The parameters of every measurement: contestants, load, durations, and the report that it adds to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from benchmarks.contestants import Stage
from benchmarks.report import Report
from benchmarks.wrk import Sample, Wrk


@dataclass(frozen=True)
class Durations:
    """Counts and durations: seconds, whole ones for wrk."""

    rounds: int
    seconds: int  # of one contestant in one round
    open_loop_rounds: int
    open_loop_seconds: float  # short: a disturbance of the machine affects few runs of many
    sweep_seconds: int  # of one point of a plot
    batch_sizes: Sequence[int]
    value_bytes: Sequence[int]
    connections: Sequence[int]
    pairs_in_store: Sequence[int]
    pairs_that_expire: int
    starts: int
    storm_seconds: float
    tries: int  # of operations that are timed one by one
    flows: int  # of sign-ins, in one round
    client_seconds: float  # of one client of several in one process, in one round
    client_pairs: int  # that the command exports and imports


FULL = Durations(
    rounds=4,
    seconds=2,
    open_loop_rounds=4,
    open_loop_seconds=2.0,
    sweep_seconds=1,
    batch_sizes=(1, 10, 100, 1000),
    value_bytes=(16, 1024, 32768, 1048576),
    connections=(1, 8, 64, 256, 1000),
    pairs_in_store=(10_000, 1_000_000, 10_000_000),
    pairs_that_expire=1_000_000,
    starts=3,
    storm_seconds=8.0,
    tries=200,
    flows=30,
    client_seconds=1.0,
    client_pairs=200_000,
)
QUICK = Durations(
    rounds=2,
    seconds=1,
    open_loop_rounds=1,
    open_loop_seconds=1.0,
    sweep_seconds=1,
    batch_sizes=(1, 100, 1000),
    value_bytes=(16, 4096, 1048576),
    connections=(1, 32, 1000),
    pairs_in_store=(10_000, 1_000_000),
    pairs_that_expire=100_000,
    starts=2,
    storm_seconds=3.0,
    tries=40,
    flows=10,
    client_seconds=0.3,
    client_pairs=20_000,
)


@dataclass(frozen=True)
class Bench:
    """One run of everything."""

    stage: Stage
    wrk: Wrk
    durations: Durations
    report: Report


Measurement = Callable[[Bench], None]


def middle(samples: Sequence[Sample]) -> Sample:
    """Return the medians, number by number."""

    def one(name: str) -> Any:
        return median(getattr(sample, name) for sample in samples)

    return Sample(**{field.name: one(field.name) for field in fields(Sample)})


def middle_ratio(upper: Sequence[Sample], lower: Sequence[Sample], name: str = "per_second") -> float:
    """Return the median, over rounds, of the ratio within a round: disturbances of the machine affect both alike."""
    ratios: list[float] = [getattr(one, name) / getattr(other, name) for one, other in zip(upper, lower, strict=True)]
    return median(ratios)
