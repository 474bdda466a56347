"""Exporters by OTLP over HTTP, with what OpenTelemetry's environment variables say of them."""

import os
import threading
from collections.abc import Callable
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util.types import AttributeValue

FLUSH_SECONDS = 3.0
"""How long a process that ends waits for what it has not exported yet; the rest is lost."""


def describe_process(service: str, version: str) -> Resource:
    """Return the resource of this process: each worker is an instance of its own, unless OTEL_RESOURCE_ATTRIBUTES names one."""
    usual: dict[str, AttributeValue] = {
        "service.name": service,
        "service.version": version,
        "service.instance.id": str(uuid4()),
        "process.pid": os.getpid(),
    }
    return Resource.create({**usual, **OTELResourceDetector().detect().attributes})


def provide_traces(resource: Resource) -> TracerProvider:
    """Return a provider that exports spans from a thread of its own, through a bounded queue: what finds it full is dropped."""
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def provide_logs(resource: Resource) -> LoggerProvider:
    """Return a provider that exports log records, as `provide_traces` does spans."""
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    return provider


def shut_down_in_time(*shut_downs: Callable[[], object]) -> None:
    """Export what is left, for FLUSH_SECONDS at most; the process may then end although a collector still keeps it waiting."""
    threads = [threading.Thread(target=shut_down, daemon=True) for shut_down in shut_downs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FLUSH_SECONDS / len(threads))
