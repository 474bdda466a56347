"""Spans of the requests that a service answers (OpenTelemetry's semantic conventions for HTTP servers)."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagate import extract
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span, set_span_in_context
from starlette.types import Message, Receive, Scope, Send

from shared_kernel.open_telemetry.spans import find_current_ids, within
from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import Response
from shared_kernel.presentation.http.telemetry.request_log import Record, RequestLog

Headers = Mapping[bytes, bytes]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class _Fields(Getter[Headers]):
    """Reads the propagators' header fields."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        value = carrier.get(key.encode())
        return None if value is None else [value.decode("latin-1")]

    def keys(self, carrier: Headers) -> list[str]:
        return [name.decode("latin-1") for name in carrier]


_FIELDS = _Fields()


class RequestSpans:
    """Begins and ends the spans of requests, as children of the clients' spans."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begin(self, headers: Headers, method: str, route: str, began: float | None = None) -> Context:
        """Return a context with the span of a request that began at this time of time.perf_counter() (None: now).

        The path is as declared: one that a client has sent has keys in it.
        """
        span = self._tracer.start_span(
            _name(method, route),
            extract(headers, getter=_FIELDS),
            SpanKind.SERVER,
            start_time=None if began is None else time.time_ns() - int((time.perf_counter() - began) * 1e9),
        )
        if span.is_recording():
            span.set_attributes(_describe(headers, method, route))
        return set_span_in_context(span)

    def end(self, context: Context, status: int, request_id: str) -> None:
        """End the span of a request that was answered with this status."""
        span = get_current_span(context)
        if not span.is_recording():
            return
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("request_id", request_id)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def name_route(self, context: Context, method: str, route: str) -> None:
        """Name the route, where that was not known before."""
        span = get_current_span(context)
        span.update_name(_name(method, route))
        span.set_attributes({"http.route": route, "url.path": route})


def _name(method: str, route: str) -> str:
    return f"{method if method in _METHODS else 'HTTP'} {route}".rstrip()


def _describe(headers: Headers, method: str, route: str) -> dict[str, Any]:
    attributes = {
        "http.request.method": method if method in _METHODS else "_OTHER",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
    }
    if route:
        attributes |= {"http.route": route, "url.path": route}
    return attributes | _describe_server(headers)


def _describe_server(headers: Headers) -> dict[str, Any]:
    host, _, port = headers.get(b"host", b"").decode("latin-1").rpartition(":")
    if not port.isdecimal():
        return {"server.address": f"{host}:{port}".strip(":")} if port else {}
    return {"server.address": host, "server.port": int(port)}


class TracedRequestLog(RequestLog):
    """Passes records on with the ids of the span that they are made in."""

    def record(self, record: Record) -> None:
        """Add a record."""
        super().record(record._replace(trace=find_current_ids()))


class TracedHttpService(HttpService):
    """A service with a span for each request, those included that are rejected or that no operation is for."""

    def __init__(self, *arguments: Any, spans: RequestSpans) -> None:
        self._spans = spans
        super().__init__(*arguments)

    def check(self, exchange: Exchange) -> bool:
        """As HttpService; the span begins, as of the arrival of the request's head."""
        with within(self._find_trace(exchange)):
            return super().check(exchange)

    def begin(self, exchange: Exchange) -> None:
        """As HttpService; what is begun is part of the span."""
        with within(self._find_trace(exchange)):
            super().begin(exchange)

    def render_error(self, error: Exception, request_id: str, headers: Headers) -> Response:
        """As HttpService; of what was no request, no more is known than its header fields, and not always these."""
        context = self._spans.begin(headers, "", "")
        response = super().render_error(error, request_id, headers)
        self._spans.end(context, response.status, request_id)
        return response

    def _start(self, exchange: Exchange) -> None:
        with within(self._find_trace(exchange)):  # one that has waited for a slot starts where another one has ended
            super()._start(exchange)

    def _record(self, exchange: Exchange, status: int, sent: int | None = None) -> None:
        context = self._find_trace(exchange)
        with within(context):
            super()._record(exchange, status, sent)
        self._spans.end(context, status, exchange.request_id)

    def _find_trace(self, exchange: Exchange) -> Context:
        trace: Context | None = getattr(exchange, "trace", None)
        if trace is None:
            operation = exchange.operation
            trace = exchange.trace = self._spans.begin(exchange.headers, operation.method, operation.path, exchange.began)
        return trace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As HttpService; requests have a span whose route is known at its end."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_and_note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        context = self._spans.begin(dict(scope["headers"]), scope["method"], "")
        try:
            with within(context):
                await super().__call__(scope, receive, send_and_note)
        finally:
            route = scope.get("route")
            if route is not None:
                self._spans.name_route(context, scope["method"], route.path)
            self._spans.end(context, status, scope.get("request_id", ""))
