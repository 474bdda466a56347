"""Traces of commands, where OpenTelemetry's variables ask for them. Imported only then: a command without them costs no more."""

import logging
import os
import sys
from collections.abc import Callable
from importlib.metadata import version

FLUSH_SECONDS = 2.0
"""How long a command may take longer because its trace is exported; a collector that is slower gets none."""


def trace(name: str, run: Callable[[], int]) -> int:
    """Run a command as a trace of its own, or as a part of the trace that TRACEPARENT names; return its exit status."""
    try:
        from opentelemetry import context, propagate, trace  # noqa: PLC0415 - an optional dependency
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.stderr.write("no trace is exported: install key-value-client[telemetry]\n")
        return run()
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # one line of an export that has failed
    usual = {"service.name": "kv", "service.version": version("key-value-client")}
    resource = Resource.create({**usual, **OTELResourceDetector().detect().attributes})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=FLUSH_SECONDS)))
    trace.set_tracer_provider(provider)
    carrier = {name.lower(): os.environ[name] for name in ("TRACEPARENT", "TRACESTATE") if name in os.environ}
    attached = context.attach(propagate.extract(carrier))
    try:
        with trace.get_tracer("kv").start_as_current_span(name, record_exception=False) as span:
            status = run()
            span.set_attribute("process.exit.code", status)
            if status:
                span.set_status(trace.StatusCode.ERROR)
    finally:
        context.detach(attached)
        provider.shutdown()
    return status
