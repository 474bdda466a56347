"""The same operations by several clients of one process, in turn, round by round: our client against its rivals."""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from benchmarks.bench import Bench

CLIENT = "key_value_client"

Rates = Mapping[str, list[float]]
"""Operations a second in each round, by client."""


def compare(bench: Bench, name: str, calls: Mapping[str, Callable[[], Any]], *, operations: int = 1) -> Rates:
    """Measure `calls`, each of which does so many operations, and report ours beside each of the others."""
    for call in calls.values():
        call()  # warms up
    rates: dict[str, list[float]] = {client: [] for client in calls}
    for _ in range(bench.durations.rounds):
        for client, call in calls.items():
            rates[client].append(operations * measure_rate(call, bench.durations.client_seconds))
    _report(bench, name, rates)
    return rates


def measure_rate(call: Callable[[], Any], seconds: float) -> float:
    """Return the calls a second, in a time that ends with the first call that is not within it."""
    count, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds or not count:
        call()
        count += 1
    return count / elapsed


def _report(bench: Bench, name: str, rates: Rates) -> None:
    ours = rates[CLIENT]
    for rival, of_rival in rates.items():
        if rival != CLIENT:
            ratio = median(one / other for one, other in zip(ours, of_rival, strict=True))
            bench.report.add(
                f"{name}, beside {rival} ({median(of_rival):,.0f}): operations/s",
                [f"{median(ours):,.0f}"],
                f"{ratio:.2f} × {rival}",
            )
    bench.report.series.setdefault("client_library", {})[name] = dict(rates)
