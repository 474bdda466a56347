"""What the key-value service measures beside its requests."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.presentation.http.telemetry.instruments import Gauge
from shared_kernel.tarantool_instruments import describe_totals

_TOTALS = {
    "namespaces": "Namespaces",
    "pairs": "Pairs in all namespaces",
    "pairs_bytes": "Bytes of their keys and values",
    "revisions": "Sum of the revisions of all namespaces: each change adds 1, and a deleted namespace takes its own away",
    "changes_kept": "Changes in the logs of all namespaces",
    "changes_kept_bytes": "Bytes of these changes",
    "history_kept": "Earlier values of pairs that are kept",
    "idempotent_answers_kept": "Answers that are kept for repetitions with the same Idempotency-Key",
    "watch_tickets": "Watch tickets that may still be used",
}
_OF_NAMESPACE = {"pairs": "Pairs", "bytes": "Bytes of keys and values", "revision": "Revision"}


def describe_store(statistics: TarantoolStatistics) -> Iterable[Gauge]:
    """Return the instruments for what the store holds, and its 50 largest namespaces."""
    yield from describe_totals(statistics, "key_value", _TOTALS)
    for place, (name, description) in enumerate(_OF_NAMESPACE.items(), start=1):
        yield Gauge(
            f"key_value_namespace_{name}",
            f"{description} of each of the 50 largest namespaces",
            _read_namespaces(statistics, itemgetter(place)),
            labels=("namespace",),
            is_shared=True,
        )


def _read_namespaces(
    statistics: TarantoolStatistics, get: Callable[[list[float]], float]
) -> Callable[[], Mapping[tuple[str, ...], float]]:
    def read() -> Mapping[tuple[str, ...], float]:
        data = statistics.data
        return {} if data is None else {(namespace[0],): get(namespace) for namespace in data[1]}

    return read
