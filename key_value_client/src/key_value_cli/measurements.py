"""What happened in a service between two readings of its metrics, in Prometheus' text format."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels."""
Reading = Mapping[Sample, float]
"""The samples of one process at one moment."""

DURATIONS = "http_request_duration_seconds"
QUANTILES = (0.5, 0.95, 0.99)

_LINE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? +([^ ]+)(?: +-?\d+)?")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Traffic:
    """The requests for one operation: how many a second, by class of status, and quantiles of their milliseconds."""

    method: str
    route: str
    rate: float
    refused: float
    failed: float
    milliseconds: Mapping[float, float | None]


def parse_metrics(text: str) -> Reading:
    """Return the samples of a text. Raises ValueError for what is none."""
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            parsed = _LINE.fullmatch(line.strip())
            if parsed is None:
                raise ValueError(f"no metrics: {line[:60]!r}")
            name, labels, value = parsed.groups()
            samples[name, tuple(sorted(_read_labels(labels or "")))] = float(value)
    return samples


def _read_labels(text: str) -> Iterator[tuple[str, str]]:
    for name, value in _LABEL.findall(text):
        yield name, _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], value)


def add_up(readings: Sequence[Reading], name: str) -> float:
    """Return the sum of a gauge over all processes."""
    return sum(reading.get((name, ()), 0.0) for reading in readings)


def compare(before: Sequence[Reading], after: Sequence[Reading], seconds: float) -> list[Traffic]:
    """Return the traffic of all processes between two readings of each, the busiest operation first."""
    buckets: defaultdict[tuple[str, str], defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    counts: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for earlier, later in zip(before, after, strict=True):
        for (name, labels), grown in _find_growth(earlier, later):
            named = dict(labels)
            operation = named.get("method", ""), named.get("route", "")
            if name == f"{DURATIONS}_bucket":
                buckets[operation][float(named["le"])] += grown
            elif name == f"{DURATIONS}_count":
                counts[operation][named.get("status", "")] += grown
    traffic = [
        Traffic(
            *operation,
            sum(statuses.values()) / seconds,
            statuses["4xx"] / seconds,
            statuses["5xx"] / seconds,
            {share: find_quantile(buckets[operation], share) for share in QUANTILES},
        )
        for operation, statuses in counts.items()
        if sum(statuses.values()) > 0
    ]
    return sorted(traffic, key=lambda one: (-one.rate, one.route, one.method))


def _find_growth(earlier: Reading, later: Reading) -> Iterator[tuple[Sample, float]]:
    """Yield by how much the samples have grown. In a process that was restarted, they began at 0 again."""
    was_restarted = any(
        value < earlier.get(sample, 0.0) for sample, value in later.items() if sample[0].startswith(f"{DURATIONS}_")
    )
    for sample, value in later.items():
        yield sample, value - (0.0 if was_restarted else earlier.get(sample, 0.0))


def find_quantile(counts: Mapping[float, float], share: float) -> float | None:
    """Return a quantile in milliseconds, from counts up to bounds in seconds; None if there is none.

    As Prometheus' histogram_quantile: what is in a bucket is taken for evenly spread. Beyond the last bound, that is returned.
    """
    bounds = sorted(counts)
    total = counts[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    wanted, low, below = share * total, 0.0, 0.0
    for bound in bounds:
        if counts[bound] >= wanted:
            if math.isinf(bound):
                return low * 1000
            inside = counts[bound] - below
            return (low + (bound - low) * ((wanted - below) / inside if inside else 1.0)) * 1000
        low, below = bound, counts[bound]
    return low * 1000
