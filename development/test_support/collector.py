"""A collector of OpenTelemetry, as far as tests need one: it receives OTLP by HTTP and keeps what has come."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from test_support.processes import wait_until

KINDS = {
    SpanMessage.SPAN_KIND_SERVER: "server",
    SpanMessage.SPAN_KIND_CLIENT: "client",
    SpanMessage.SPAN_KIND_INTERNAL: "internal",
}


@dataclass(frozen=True)
class Span:
    """A span as it was received; ids are hexadecimal digits, `parent` is empty for a root, times are nanoseconds."""

    resource: dict[str, Any]
    trace: str
    id: str
    parent: str
    name: str
    kind: str
    attributes: dict[str, Any]
    has_failed: bool
    links: tuple[str, ...]
    began: int
    ended: int
    state: str


@dataclass(frozen=True)
class LogRecord:
    """A log record as it was received."""

    resource: dict[str, Any]
    trace: str
    span: str
    body: str
    severity: str
    attributes: dict[str, Any]


class Collector:
    """Listens while the context lasts."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self._server.daemon_threads = True
        self._spans: list[Span] = []
        self._logs: list[LogRecord] = []
        self._bodies: list[bytes] = []
        self.may_answer = threading.Event()
        """Cleared: requests wait for their response."""
        self.may_answer.set()
        self.asked = threading.Event()
        """Set when a request has come."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process exports to it, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_BLRP_SCHEDULE_DELAY": "50",
        }

    @property
    def spans(self) -> list[Span]:
        """All spans so far."""
        return list(self._spans)

    @property
    def logs(self) -> list[LogRecord]:
        """All log records so far."""
        return list(self._logs)

    @property
    def received(self) -> bytes:
        """All bytes so far, decoded: to look for what must not be among them."""
        return b"".join(self._bodies)

    def find(self, **wanted: Any) -> list[Span]:
        """Return the spans with these fields; a name with two underscores is that of an attribute, for a dot."""
        return [span for span in self.spans if all(_read(span, name) == value for name, value in wanted.items())]

    def wait_for(self, **wanted: Any) -> Span:
        """Return the first span with these fields, as soon as there is one."""
        wait_until(lambda: bool(self.find(**wanted)), f"a span with {wanted}")
        return self.find(**wanted)[0]

    def receive(self, path: str, body: bytes) -> None:
        """Keep what was sent."""
        self.asked.set()
        self.may_answer.wait()
        self._bodies.append(body)
        if path == "/v1/traces":
            spans = ExportTraceServiceRequest.FromString(body).resource_spans
            self._spans += [_to_span(resource, span) for resource, span in _walk(spans, "scope_spans", "spans")]
        elif path == "/v1/logs":
            logs = ExportLogsServiceRequest.FromString(body).resource_logs
            self._logs += [_to_record(resource, record) for resource, record in _walk(logs, "scope_logs", "log_records")]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


def _make_handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.receive(self.path, gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _walk(groups: Iterable[Any], scopes: str, items: str) -> Iterator[tuple[dict[str, Any], Any]]:
    for group in groups:
        resource = _to_dict(group.resource.attributes)
        for scope in getattr(group, scopes):
            for item in getattr(scope, items):
                yield resource, item


def _to_span(resource: dict[str, Any], span: Any) -> Span:
    return Span(
        resource=resource,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=KINDS[span.kind],
        attributes=_to_dict(span.attributes),
        has_failed=span.status.code == span.status.STATUS_CODE_ERROR,
        links=tuple(link.span_id.hex() for link in span.links),
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        state=span.trace_state,
    )


def _to_record(resource: dict[str, Any], record: Any) -> LogRecord:
    return LogRecord(
        resource=resource,
        trace=record.trace_id.hex(),
        span=record.span_id.hex(),
        body=record.body.string_value,
        severity=record.severity_text,
        attributes=_to_dict(record.attributes),
    )


def _to_dict(attributes: Any) -> dict[str, Any]:
    return {attribute.key: _to_value(attribute.value) for attribute in attributes}


def _to_value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return (
        [_to_value(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind or "string_value")
    )


def _read(span: Span, name: str) -> Any:
    return span.attributes.get(name.replace("__", ".")) if "__" in name else getattr(span, name)
