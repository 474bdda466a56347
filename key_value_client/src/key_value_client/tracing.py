"""Requests as parts of the caller's trace, where the program uses OpenTelemetry. This library imports it only if the program has.

A request has a span within the span that is current when it is sent, and the service goes on with the trace. What is sent within
no span, such as the requests of a cache in the background, has none.
"""

import re
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from key_value_client.flows import REQUEST_ID, Request

_NAMESPACE = re.compile(r"/namespaces/[^/]+")
_PAIR = re.compile(r"/pairs/[^/]+")
_FAILURE = 400

_linked: ContextVar[Sequence[Any]] = ContextVar("key_value_client_linked", default=())


class RequestSpan:
    """The span of one attempt to send a request; none, if the caller has none."""

    def __init__(self, request: Request) -> None:
        self.request = request
        """With the header fields that the service goes on with the trace by."""
        self._span: Any = None
        api = sys.modules.get("opentelemetry.trace")
        if api is None:
            return
        caller, linked = _find_current(api), _linked.get()
        if caller is None and not linked:
            return
        self._begin(api, [context for context in linked if context != caller])

    def _begin(self, api: Any, linked: Sequence[Any]) -> None:
        from opentelemetry.propagate import inject  # noqa: PLC0415 - it is there, as its package is

        request, url = self.request, urlsplit(self.request.url)
        template = _PAIR.sub("/pairs/{key}", _NAMESPACE.sub("/namespaces/{namespace}", url.path))
        self._span = api.get_tracer("key_value_client").start_span(
            f"{request.method} {template}",
            kind=api.SpanKind.CLIENT,
            attributes={
                "http.request.method": request.method,
                "url.template": template,
                "server.address": url.hostname or "",
                "server.port": url.port or (443 if url.scheme == "https" else 80),
                "request_id": request.headers.get(REQUEST_ID, ""),
            },
            links=[api.Link(context) for context in linked],
            record_exception=False,
        )
        headers = dict(request.headers)
        inject(headers, api.set_span_in_context(self._span))
        self.request = replace(request, headers=headers)

    def end(self, status: int) -> None:
        """End the span of a request that was answered."""
        if self._span is not None:
            self._span.set_attribute("http.response.status_code", status)
            self._finish(str(status) if status >= _FAILURE else None)

    def fail(self, error: BaseException) -> None:
        """End the span of a request that was not answered. The error's message, which may name a key, is no part of it."""
        if self._span is not None:
            self._finish(type(error).__qualname__)

    def _finish(self, error: str | None) -> None:
        if error is not None:
            api = sys.modules["opentelemetry.trace"]
            self._span.set_attribute("error.type", error)
            self._span.set_status(api.StatusCode.ERROR)
        self._span.end()


def _find_current(api: Any) -> Any:
    """Return the context of the current span; None if there is none, or it has ended: what it began goes on without it."""
    span = api.get_current_span()
    context = span.get_span_context()
    return context if context.is_valid and getattr(span, "end_time", None) is None else None


def add_caller(callers: list[Any]) -> None:
    """Add the caller's span, if there is one, to those that one request will be sent for."""
    api = sys.modules.get("opentelemetry.trace")
    caller = None if api is None else _find_current(api)
    if caller is not None and caller not in callers:
        callers.append(caller)


def link(callers: Sequence[Any]) -> None:
    """Link the requests of the current task to these spans: it sends for all of them, and is part of one."""
    if callers:
        _linked.set(callers)
