"""The cost of a page of pairs at the beginning and at the end of a large namespace."""

from collections.abc import Sequence

from benchmarks.bench import Bench, middle, middle_ratio
from benchmarks.contestants import Contestant
from benchmarks.report import at_most
from benchmarks.works import PAIRS, VARIANTS, Request
from benchmarks.wrk import Sample

PAGE = 100
SAME_COST = at_most(1.10, "× the cost at the beginning", decimals=2)


def measure_pages(bench: Bench, store: Contestant, pairs: int) -> None:
    """Measure pages behind a cursor, in a store with `pairs` pairs and the keys of dataset.py."""
    beginning = _second_pages(store, 0)
    end = _second_pages(store, pairs - (VARIANTS + 2) * PAGE)
    at_beginning: list[Sample] = []
    at_end: list[Sample] = []
    for _ in range(bench.durations.rounds):
        at_beginning.append(bench.wrk.run(store, beginning, bench.durations.seconds))
        at_end.append(bench.wrk.run(store, end, bench.durations.seconds))
    name = f"a page of {PAGE} of {pairs:,} pairs"
    bench.report.add(f"{name}, at the beginning: CPU-seconds a million", _cells(at_beginning))
    ratio = middle_ratio(at_end, at_beginning, "cpu_seconds_per_million")
    bench.report.hold(f"{name}, at the end", ratio, SAME_COST, _cells(at_end))


def _second_pages(store: Contestant, first: int) -> list[Request]:
    listings = [f"{PAIRS}?start=key-{first + page * PAGE:08d}&limit={PAGE}" for page in range(VARIANTS)]
    cursors = [store.send(Request(listing, method="GET")).json()["next_cursor"] for listing in listings]
    return [Request(f"{listing}&cursor={cursor}", method="GET") for listing, cursor in zip(listings, cursors, strict=True)]


def _cells(samples: Sequence[Sample]) -> list[str]:
    return [f"{middle(samples).cpu_seconds_per_million:,.0f}"]
