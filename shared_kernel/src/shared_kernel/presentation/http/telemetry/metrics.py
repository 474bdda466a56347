"""Metrics for Prometheus, on an address of their own, so that clients of the service cannot read them."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as PublishedExemplar

from shared_kernel.presentation.http.telemetry.figures import Figures, ServiceFigures
from shared_kernel.presentation.http.telemetry.instruments import Counter, Exemplar, Exemplars, Gauge, Histogram, Readings
from shared_kernel.presentation.http.telemetry.metrics_address import MetricsAddress

RETRY_SECONDS = 1.0
LOCK = "metrics.lock"
"""The worker that has locked this file serves the metrics of all."""

_OLDEST = {"process_start_time_seconds": min, "process_max_fds": min}

_log = structlog.get_logger()


class Build(NamedTuple):
    """Which program a process runs: the metric `<name>_build_info`, of value 1, with the version as a label."""

    name: str
    version: str


class ServiceCollector(Collector):
    """Collects the metrics of a service: of all its workers."""

    def __init__(self, build: Build, figures: ServiceFigures) -> None:
        self._build = build
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        name, version = self._build
        total, running = self._figures.add_up()
        yield InfoMetricFamily(f"{name}_build", "Version of the program", value={"version": version})
        yield GaugeMetricFamily(f"{name}_workers", "Processes that serve requests", value=len(running))
        for instrument in self._figures.instruments:
            yield describe(instrument, total)
        yield from _describe_processes(running, total.cpu_seconds)


@asynccontextmanager
async def serve_metrics(address: MetricsAddress, build: Build, figures: ServiceFigures) -> AsyncIterator[None]:
    """Serve GET /metrics while the context lasts. Where the port is taken, that is logged, and metrics are not served.

    Of several workers, which share the folder, one serves them; when it ends, another does.
    """
    registry = CollectorRegistry()
    registry.register(ServiceCollector(build, figures))
    with ExitStack() as stack:
        task = asyncio.create_task(_serve_in_turn(address, registry, figures.folder, stack))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(stack.close)


async def _serve_in_turn(address: MetricsAddress, registry: CollectorRegistry, folder: Path | None, stack: ExitStack) -> None:
    if folder is not None:
        lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        stack.callback(os.close, lock)
        while not _try_to_lock(lock):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(RETRY_SECONDS)
    server = _listen(address, registry)
    if server is not None:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)


def _try_to_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _listen(address: MetricsAddress, registry: CollectorRegistry) -> Any:
    try:
        server, _ = start_http_server(address.port, address.host, registry)
    except OSError as error:
        _log.error("cannot serve metrics", **address._asdict(), reason=str(error))
        return None
    _log.info("serving metrics", **address._asdict())
    return server


def describe(instrument: Gauge | Histogram, total: Figures) -> Metric:
    """Return the metric of an instrument."""
    if isinstance(instrument, Histogram):
        return _describe_histogram(instrument, total.histograms[instrument.name], total.exemplars[instrument.name])
    return _describe_readings(instrument, total.readings[instrument.name])


def _describe_histogram(histogram: Histogram, rows: dict[tuple[str, ...], list[float]], exemplars: Exemplars) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.description, labels=histogram.labels)
    names = [*map(str, histogram.bounds), "+Inf"]
    for labels, row in rows.items():
        *counts, sum_value = row
        known = exemplars.get(labels, {})
        buckets: list[Any] = [
            (name, float(count), _render_exemplar(known[number]) if number in known else None)
            for number, (name, count) in enumerate(zip(names, accumulate(counts), strict=True))
        ]
        family.add_metric(labels, buckets=buckets, sum_value=sum_value)
    return family


def _render_exemplar(exemplar: Exemplar) -> PublishedExemplar:
    ids = {"trace_id": exemplar.trace_id, "span_id": exemplar.span_id}
    return PublishedExemplar(ids, exemplar.value, exemplar.seen_at)


def _describe_readings(gauge: Gauge, readings: Readings) -> Metric:
    kind = CounterMetricFamily if isinstance(gauge, Counter) else GaugeMetricFamily
    family = kind(gauge.name, gauge.description, labels=gauge.labels)
    for values, number in readings.items():
        family.add_metric(values, number)
    return family


def _describe_processes(processes: list[int], cpu_seconds: float) -> Iterable[Metric]:
    """Return what prometheus_client tells of one process, of several."""
    families: dict[str, list[Metric]] = {}
    for process in processes:
        for family in ProcessCollector(pid=lambda process=process: process, registry=None).collect():  # type: ignore[misc]
            families.setdefault(family.name, []).append(family)
    for same in families.values():
        sample = same[0].samples[0]
        value = _OLDEST.get(sample.name, sum)(each.samples[0].value for each in same)
        # What processes have used that have ended still counts.
        value = cpu_seconds if sample.name == "process_cpu_seconds_total" else value
        same[0].samples = [sample._replace(value=value)]
        yield same[0]
