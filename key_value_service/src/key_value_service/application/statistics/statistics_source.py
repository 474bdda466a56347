"""The port for what the service has measured of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OperationStatistics:
    """Requests for an operation with one class of statuses, such as `2xx`, since the start of the service.

    `seconds` is the sum of their durations. `buckets` counts those that took no longer than each of the bounds, but longer than
    the one before; the last one, those that took longer than all of them.
    """

    method: str
    route: str
    status: str
    count: int
    seconds: float
    buckets: Sequence[int]


@dataclass(frozen=True, slots=True)
class RequestStatistics:
    """Requests of all workers: the present load, the durations' bounds in seconds, and the operations since the start."""

    under_way: int
    waiting: int
    streams_open: int
    watches_waiting: int
    bounds: Sequence[float]
    operations: Sequence[OperationStatistics]


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    """What the store held at a time. `revisions` is the sum over all namespaces: each change adds 1."""

    measured_at: datetime
    namespaces: int
    pairs: int
    pairs_bytes: int
    revisions: int


@dataclass(frozen=True, slots=True)
class InstanceStatistics:
    """An instance of Tarantool: `role` is leader, replica or unreachable. None: not known."""

    address: str
    role: str
    memory_used_bytes: int | None
    memory_limit_bytes: int | None
    disk_free_bytes: int | None
    disk_size_bytes: int | None


@dataclass(frozen=True, slots=True)
class ServiceStatistics:
    """The service as a whole.

    `cpu_seconds` is what its workers have used. `store` is None before the first answer of the leader.
    """

    measured_at: datetime
    workers: int
    cpu_seconds: float
    requests: RequestStatistics
    store: StoreStatistics | None
    instances: Sequence[InstanceStatistics]


class StatisticsSource(Protocol):
    """Adds up what all workers have measured."""

    def read(self) -> ServiceStatistics:
        """Return the figures as they are now: those of other workers up to a second old, those of the store some seconds."""
        ...
