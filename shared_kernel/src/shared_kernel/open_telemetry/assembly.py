"""The classes that a service is made of which exports traces or logs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from shared_kernel.open_telemetry.logs import LogExport, add_trace
from shared_kernel.open_telemetry.outgoing import TracedTransport
from shared_kernel.open_telemetry.providers import describe_process, provide_logs, provide_traces, shut_down_in_time
from shared_kernel.open_telemetry.requests import RequestSpans, TracedHttpService, TracedRequestLog
from shared_kernel.open_telemetry.settings import Exports
from shared_kernel.open_telemetry.tarantool import TracedTarantoolConnection
from shared_kernel.open_telemetry.use_cases import TracedContainer
from shared_kernel.presentation.http.application.parts import Parts
from shared_kernel.presentation.http.telemetry.exemplars import ExemplarMeter
from shared_kernel.telemetry import Telemetry


def assemble(exports: Exports, service: str, version: str) -> Telemetry:
    """Return the classes, with exporters of this process's own."""
    resource = describe_process(service, version)
    log_export: tuple[LogExport, ...] = ()
    shut_downs: list[Callable[[], None]] = []
    if exports.logs:
        logs = provide_logs(resource)
        log_export = (LogExport(logs.get_logger(service, version)),)
        shut_downs.append(logs.shutdown)

    async def shut_down() -> None:
        await asyncio.to_thread(shut_down_in_time, *shut_downs)

    parts = Parts(more_sinks=log_export, shut_down=shut_down)
    if not exports.traces:
        return Telemetry(parts, log_processors=log_export)
    traces = provide_traces(resource)
    shut_downs.append(traces.shutdown)
    tracer = traces.get_tracer(service, version)
    return Telemetry(
        replace(
            parts,
            service=partial(TracedHttpService, spans=RequestSpans(tracer)),
            request_log=TracedRequestLog,
            meter=ExemplarMeter,
            container=partial(TracedContainer, tracer=tracer),
        ),
        tarantool=partial(TracedTarantoolConnection, tracer=tracer),
        trace_transport=partial(TracedTransport, tracer=tracer, is_own=True),
        trace_foreign_transport=partial(TracedTransport, tracer=tracer, is_own=False),
        log_processors=(add_trace, *log_export),
    )
