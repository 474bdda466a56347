"""The instruments that show what the Tarantools of a service tell of themselves."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from shared_kernel.infrastructure.tarantool_statistics import TarantoolStatistics
from shared_kernel.presentation.http.telemetry.instruments import Counter, Gauge

_GAUGES = {
    "memory_limit_bytes": "Memory that data and indexes may take: TARANTOOL_MEMTX_MEMORY",
    "memory_used_bytes": "Memory that data and indexes take",
    "lua_memory_bytes": "Memory of Lua",
    "log_bytes": "Size of the write-ahead logs",
    "snapshot_bytes": "Size of the snapshots",
    "disk_size_bytes": "Size of the disk with the data",
    "disk_free_bytes": "What is free of the disk with the data",
    "connections": "Open connections",
    "uptime_seconds": "Since the start of the instance",
}
_COUNTERS = {
    "requests_total": "Requests that the instance has received since its start",
    "writes_total": "Tuples that were inserted, replaced, updated or deleted since the start of the instance",
}


def describe_tarantool(statistics: TarantoolStatistics) -> Iterable[Gauge]:
    """Return the instruments of each instance, by its address."""
    for kind, names in ((Gauge, _GAUGES), (Counter, _COUNTERS)):
        for name, description in names.items():
            yield kind(f"tarantool_{name}", description, partial(statistics.read, name), labels=("address",), is_shared=True)
    yield Gauge(
        "tarantool_measured_timestamp_seconds",
        "When the leader last told of itself, in seconds since 1970",
        lambda: statistics.measured_at,
        is_shared=True,
    )
    yield Gauge(
        "tarantool_replication_lag_seconds",
        "By how much a member of a replica set is behind another, by the other's number",
        statistics.read_lags,
        labels=("address", "member"),
        is_shared=True,
    )


def describe_totals(statistics: TarantoolStatistics, prefix: str, descriptions: Mapping[str, str]) -> Iterable[Gauge]:
    """Return instruments for what the leader's spaces hold: the first of its data, numbers by name."""
    for name, description in descriptions.items():
        yield Gauge(f"{prefix}_{name}", description, _read_total(statistics, name), is_shared=True)


def _read_total(statistics: TarantoolStatistics, name: str) -> Callable[[], Mapping[tuple[str, ...], float]]:
    def read() -> Mapping[tuple[str, ...], float]:
        data = statistics.data
        return {} if data is None else {(): data[0][name]}

    return read
