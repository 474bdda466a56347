"""Spans of use cases."""

import inspect
from typing import Any

from opentelemetry.trace import SpanKind, Tracer, get_current_span

from shared_kernel.open_telemetry.spans import name_error


class TracedContainer:
    """A container whose use cases have a span each time a controller calls them for a request whose trace is recorded."""

    def __init__(self, container: Any, tracer: Tracer) -> None:
        self._container = container
        self._tracer = tracer

    async def get(self, key: Any, component: str = "") -> Any:
        """Return what the container provides."""
        return self._wrap(await self._container.get(key, component=component))

    def _wrap(self, provided: Any) -> Any:
        kind = type(provided)
        if kind.__module__.split(".")[1:2] != ["application"]:
            return provided
        if hasattr(provided, "_make"):  # several use cases in a named tuple
            return kind._make(map(self._wrap, provided))
        is_use_case = inspect.iscoroutinefunction(vars(kind).get("__call__"))
        return _TracedUseCase(provided, self._tracer) if is_use_case else provided


class _TracedUseCase:
    def __init__(self, use_case: Any, tracer: Tracer) -> None:
        self._use_case = use_case
        self._name = type(use_case).__qualname__
        self._attributes = {"code.function.name": f"{type(use_case).__module__}.{self._name}"}
        self._tracer = tracer

    async def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not get_current_span().is_recording():
            return await self._use_case(*arguments, **named)
        with self._tracer.start_as_current_span(
            self._name,
            kind=SpanKind.INTERNAL,
            attributes=self._attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await self._use_case(*arguments, **named)
            except Exception as error:
                # What it refuses is no failure of the service: the span of the request knows the status.
                name_error(span, error, is_failure=False)
                raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._use_case, name)
