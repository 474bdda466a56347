"""Spans of requests to other services (OpenTelemetry's semantic conventions for HTTP clients)."""

import httpx
from opentelemetry.propagate import inject
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer

from shared_kernel.open_telemetry.spans import name_error


class TracedTransport(httpx.AsyncBaseTransport):
    """A transport whose requests have spans, until the head of the response, and join the trace there if `is_own`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, tracer: Tracer, is_own: bool) -> None:
        self._transport = transport
        self._tracer = tracer
        self._is_own = is_own

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Its query, header and body are no part of the span."""
        url = request.url
        with self._tracer.start_as_current_span(
            request.method,
            kind=SpanKind.CLIENT,
            attributes={
                "http.request.method": request.method,
                "url.full": f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}",
                "server.address": url.host,
                "server.port": url.port or (443 if url.scheme == "https" else 80),
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            if self._is_own:
                inject(request.headers)
            try:
                response = await self._transport.handle_async_request(request)
            except Exception as error:
                name_error(span, error)
                raise
            span.set_attribute("http.response.status_code", response.status_code)
            if response.is_error:
                span.set_attribute("error.type", str(response.status_code))
                span.set_status(Status(StatusCode.ERROR))
            return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
