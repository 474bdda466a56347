"""Metrics of one process for Prometheus, on an address of their own, so that clients of the service cannot read them."""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Any, NamedTuple, NewType

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shared_kernel.presentation.http.telemetry.metrics_address import MetricsAddress
from shared_kernel.presentation.http.telemetry.request_log import Record

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds

_LABELS = [*map(str, BOUNDS), "+Inf"]

_log = structlog.get_logger()


class Gauge(NamedTuple):
    """A number that is read whenever the metrics are requested: with `labels`, several, by the labels' values."""

    name: str
    description: str
    read: Callable[[], float] | Callable[[], Mapping[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()

    def describe(self) -> Metric:
        """Return the metric as it is now."""
        family = GaugeMetricFamily(self.name, self.description, labels=self.labels)
        value = self.read()
        for values, number in (value if isinstance(value, Mapping) else {(): value}).items():
            family.add_metric(values, number)
        return family


Gauges = NewType("Gauges", tuple[Gauge, ...])
"""The gauges of a service beside those of its requests."""


class Build(NamedTuple):
    """Which program a process runs: the metric `<name>_build_info`, of value 1, with the version as a label."""

    name: str
    version: str


class RequestMeter:
    """Implements RecordSink: a histogram of the requests' durations, by operation and class of status."""

    def __init__(self) -> None:
        # For each bucket the number of requests, longer ones than the last bound included; then the sum of their seconds.
        self._rows: dict[tuple[str, str, int], list[float]] = {}

    def write(self, records: Sequence[Record]) -> None:
        """Count the records."""
        rows = self._rows
        for method, route, status, began, ended, _, _, _, for_operation in records:
            key = (method, route, status // 100) if for_operation else ("", "", status // 100)
            row = rows.get(key)
            if row is None:
                row = rows[key] = [0.0] * (len(BOUNDS) + 2)
            row[bisect_left(BOUNDS, ended - began)] += 1
            row[-1] += ended - began

    def flush(self) -> None:
        """Do nothing: `write` defers nothing."""

    def describe(self) -> Metric:
        """Return the histogram."""
        family = HistogramMetricFamily(
            "http_request_duration_seconds",
            "From the arrival of a request's head until its response; without a route: requests for no operation",
            labels=["method", "route", "status"],
        )
        for (method, route, status), row in list(self._rows.items()):
            *counts, seconds = row
            buckets = [(label, float(count)) for label, count in zip(_LABELS, accumulate(counts), strict=True)]
            family.add_metric([method, route, f"{status}xx"], buckets=buckets, sum_value=seconds)
        return family


class _ServiceCollector(Collector):
    def __init__(self, build: Build, meter: RequestMeter, gauges: Iterable[Gauge]) -> None:
        self._build = build
        self._meter = meter
        self._gauges = tuple(gauges)

    def collect(self) -> Iterable[Metric]:
        name, version = self._build
        yield InfoMetricFamily(f"{name}_build", "Version of the program", value={"version": version})
        yield self._meter.describe()
        for gauge in self._gauges:
            yield gauge.describe()


@asynccontextmanager
async def serve_metrics(
    address: MetricsAddress, build: Build, meter: RequestMeter, gauges: Iterable[Gauge]
) -> AsyncIterator[None]:
    """Serve GET /metrics while the context lasts. Where no port is free, that is logged, and metrics are not served."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_ServiceCollector(build, meter, gauges))
    server = _listen(address, registry)
    yield
    if server is not None:
        await asyncio.to_thread(server.shutdown)
        server.server_close()


def _listen(address: MetricsAddress, registry: CollectorRegistry) -> Any:
    reason = ""
    for port in range(address.port, address.port + address.ports):
        try:
            server, _ = start_http_server(port, address.host, registry)
        except OSError as error:
            reason = str(error)  # taken by another worker; one that ends leaves its port to its successor
        else:
            _log.info("serving metrics", host=address.host, port=port)
            return server
    _log.error("cannot serve metrics", **address._asdict(), reason=reason)
    return None
