"""Requests to other services, of which the own ones join the trace there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared_kernel.open_telemetry.outgoing import TracedTransport
from test_support.processes import reserve_port


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.received: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/notices"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.received.append({name.lower(): value for name, value in self.headers.items()})
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


async def send(exporter: InMemorySpanExporter, url: str, *, is_own: bool) -> Any:
    """Send a request; return its span."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    transport = TracedTransport(httpx.AsyncHTTPTransport(), tracer=provider.get_tracer("test"), is_own=is_own)
    async with httpx.AsyncClient(transport=transport) as client:
        try:
            await client.post(f"{url}?name=hidden", content=b"hidden", headers={"Authorization": "Bearer hidden"})
        finally:
            [span] = exporter.get_finished_spans()
    return span


async def test_an_own_service_goes_on_with_the_trace(receiver: Receiver, exporter: InMemorySpanExporter) -> None:
    span = await send(exporter, receiver.url, is_own=True)
    [fields] = receiver.received
    assert fields["traceparent"].startswith(f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-")
    assert span.attributes["url.full"] == receiver.url
    assert (span.attributes["http.response.status_code"], span.attributes["error.type"]) == (503, "503")
    assert "hidden" not in span.to_json()


async def test_anybody_else_learns_nothing_of_the_trace(receiver: Receiver, exporter: InMemorySpanExporter) -> None:
    await send(exporter, receiver.url, is_own=False)
    [fields] = receiver.received
    assert not fields.keys() & {"traceparent", "tracestate", "baggage"}


async def test_of_an_error_only_the_class_is_told(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(httpx.ConnectError):
        await send(exporter, f"http://127.0.0.1:{reserve_port()}/", is_own=True)
    [span] = exporter.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ConnectError"
    assert not span.events
    assert "hidden" not in span.to_json()
