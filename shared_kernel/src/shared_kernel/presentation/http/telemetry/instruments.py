"""What is measured: gauges and counters that are read when somebody asks, and histograms that are filled as things happen."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NewType

Readings = Mapping[tuple[str, ...], float]
"""Numbers by the labels' values."""


@dataclass(frozen=True)
class Gauge:
    """A number that goes up and down, read whenever the metrics are requested: with `labels`, several, by the labels' values.

    Several workers add theirs up, unless each `is_shared`: read from what they share, so that the highest is the newest.
    """

    name: str
    description: str
    read: Callable[[], float] | Callable[[], Readings]
    labels: tuple[str, ...] = ()
    is_shared: bool = False

    def read_all(self) -> Readings:
        """Return the numbers as they are now."""
        value = self.read()
        return value if isinstance(value, Mapping) else {(): value}


@dataclass(frozen=True)
class Counter(Gauge):
    """A number that only grows; its name ends with `_total`. What a worker has counted that has ended still counts."""


class Exemplar(NamedTuple):
    """An observation, with the ids of its trace and span (OpenMetrics 1.0, Exemplars). `seen_at` is a Unix time."""

    trace_id: str
    span_id: str
    value: float
    seen_at: float


Exemplars = dict[tuple[str, ...], dict[int, Exemplar]]
"""The newest exemplar of each bucket, by the labels' values and the number of the bucket: no more than there are buckets."""


class Histogram:
    """Counts observations by size and labels, and adds them up."""

    def __init__(self, name: str, description: str, bounds: Sequence[float], labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.description = description
        self.bounds = tuple(bounds)
        self.labels = labels
        self.rows: dict[tuple[str, ...], list[float]] = {}
        """By the labels' values: for each bucket the observations, those above the last bound included; then their sum."""
        self.exemplars: Exemplars = {}

    def find_row(self, labels: tuple[str, ...]) -> list[float]:
        """Return the row of these labels, made if there is none."""
        row = self.rows.get(labels)
        if row is None:
            row = self.rows[labels] = [0.0] * (len(self.bounds) + 2)
        return row

    def observe(self, value: float, *labels: str) -> None:
        """Count an observation."""
        row = self.find_row(labels)
        row[bisect_left(self.bounds, value)] += 1
        row[-1] += value


Instruments = NewType("Instruments", tuple[Gauge | Histogram, ...])
"""What a service measures beside its requests."""
