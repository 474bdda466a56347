"""The page of all metrics, from the instruments that each service has."""

import asyncio
from collections.abc import Iterable

from dishka import AsyncContainer

from authorization_service.composition.service import create_service as create_authorization_service
from authorization_service.composition.service import make_container as make_authorization_container
from authorization_service.config import Settings as AuthorizationSettings
from documentation.markdown import escape, join, make_code, make_table
from key_value_service.composition import create_service as create_key_value_service
from key_value_service.composition import make_container as make_key_value_container
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.telemetry.instruments import Counter, Gauge, Histogram, Instruments
from shared_kernel.presentation.http.telemetry.loop_lag import measure_loop_lag
from shared_kernel.presentation.http.telemetry.request_meter import RequestMeter

_UNITS = {"_seconds": "seconds", "_bytes": "bytes"}


def describe_metrics() -> str:
    """Return the page. Nothing needs to run: instruments are made, and not read."""
    return join(
        "# Metrics",
        "Each service serves these at `GET /metrics` on [an address of its own](../api.md#get-metrics). Counters begin with the"
        " process, or with the Tarantool that counts; those of several workers are added up. How to scrape them, with dashboards"
        " and alerts, is in [Monitor the store](../monitoring.md).",
        *asyncio.run(_describe_both()),
    )


async def _describe_both() -> list[str]:
    authorization, key_value = AuthorizationSettings(), KeyValueSettings()
    return [
        *await _describe_service(
            "authorization_service", create_authorization_service(authorization), make_authorization_container(authorization)
        ),
        *await _describe_service("key_value_service", create_key_value_service(key_value), make_key_value_container(key_value)),
    ]


async def _describe_service(name: str, service: HttpService, container: AsyncContainer) -> list[str]:
    async with measure_loop_lag() as lag:
        own = await container.get(Instruments)
        instruments = (RequestMeter().histogram, lag, *service.gauges, *own)
    await container.close()
    rows = [
        (f"{name}_build_info", "gauge", "`version`", "", "1, with the version of the program"),
        (f"{name}_workers", "gauge", "", "", "Processes that serve requests"),
        *_describe(instruments),
    ]
    head = ("metric", "type", "labels", "unit", "meaning")
    table = make_table(head, [(make_code(metric), *more) for metric, *more in rows])
    return [f"## {name}", table, "And `process_…`: CPU time, memory and open files of all workers together, the oldest's start."]


def _describe(instruments: Iterable[Gauge | Histogram]) -> Iterable[tuple[str, ...]]:
    for instrument in instruments:
        kind = "histogram" if isinstance(instrument, Histogram) else "counter" if isinstance(instrument, Counter) else "gauge"
        unit = next((unit for suffix, unit in _UNITS.items() if instrument.name.removesuffix("_total").endswith(suffix)), "")
        yield instrument.name, kind, ", ".join(map(make_code, instrument.labels)), unit, escape(instrument.description)
