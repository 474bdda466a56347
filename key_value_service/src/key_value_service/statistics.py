"""The figures of the service, from the instruments that its metrics are made of."""

from collections.abc import Mapping
from datetime import UTC, datetime

from key_value_service.application.statistics.statistics_source import (
    InstanceStatistics,
    OperationStatistics,
    RequestStatistics,
    ServiceStatistics,
    StoreStatistics,
)
from shared_kernel.presentation.http.telemetry.figures import Figures, ServiceFigures
from shared_kernel.presentation.http.telemetry.request_meter import BOUNDS, DURATIONS

Readings = Mapping[str, Mapping[tuple[str, ...], float]]


class MeasuredStatistics:
    """Implements StatisticsSource."""

    def __init__(self, figures: ServiceFigures) -> None:
        self._figures = figures

    def read(self) -> ServiceStatistics:
        """Return the figures of all workers as they are now."""
        total, running = self._figures.add_up()
        return ServiceStatistics(
            measured_at=datetime.now(UTC),
            workers=len(running),
            cpu_seconds=total.cpu_seconds,
            requests=_describe_requests(total),
            store=_describe_store(total.readings),
            instances=[
                _describe_instance(total.readings, address, role)
                for (address, role), is_so in sorted(total.readings["tarantool_instance"].items())
                if is_so
            ],
        )


def _describe_requests(total: Figures) -> RequestStatistics:
    readings = total.readings
    return RequestStatistics(
        under_way=_read_count(readings, "http_requests_under_way"),
        waiting=_read_count(readings, "http_requests_waiting"),
        streams_open=_read_count(readings, "http_streams_open"),
        watches_waiting=_read_count(readings, "watches_waiting"),
        bounds=BOUNDS,
        operations=[
            OperationStatistics(method, route, status, int(sum(buckets)), seconds, list(map(int, buckets)))
            for (method, route, status), (*buckets, seconds) in sorted(total.histograms[DURATIONS].items())
        ],
    )


def _describe_store(readings: Readings) -> StoreStatistics | None:
    if not readings["key_value_pairs"]:
        return None
    return StoreStatistics(
        measured_at=datetime.fromtimestamp(readings["tarantool_measured_timestamp_seconds"][()], UTC),
        namespaces=_read_count(readings, "key_value_namespaces"),
        pairs=_read_count(readings, "key_value_pairs"),
        pairs_bytes=_read_count(readings, "key_value_pairs_bytes"),
        revisions=_read_count(readings, "key_value_revisions"),
    )


def _describe_instance(readings: Readings, address: str, role: str) -> InstanceStatistics:
    def find(name: str) -> int | None:
        value = readings[f"tarantool_{name}_bytes"].get((address,))
        return None if value is None else int(value)

    return InstanceStatistics(
        address=address,
        role=role,
        memory_used_bytes=find("memory_used"),
        memory_limit_bytes=find("memory_limit"),
        disk_free_bytes=find("disk_free"),
        disk_size_bytes=find("disk_size"),
    )


def _read_count(readings: Readings, name: str) -> int:
    return int(readings[name][()])
