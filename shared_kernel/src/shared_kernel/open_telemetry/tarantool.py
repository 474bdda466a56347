"""Spans of calls of stored functions (OpenTelemetry's semantic conventions for database clients)."""

from typing import Any

import asynctnt
from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span

from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.open_telemetry.spans import name_error


class TracedTarantoolConnection(TarantoolConnection):
    """A connection whose calls have spans, where they are made for a request whose trace is recorded.

    What it does in the background, many times a second, has none.
    """

    def __init__(self, *arguments: Any, tracer: Tracer) -> None:
        super().__init__(*arguments)
        self._tracer = tracer

    async def call(self, function: str, arguments: list[Any]) -> Any:
        """As TarantoolConnection."""
        if not get_current_span().is_recording():
            return await super().call(function, arguments)
        with self._begin(function) as span:
            try:
                return await super().call(function, arguments)
            except Exception as error:
                name_error(span, error)
                raise
            finally:
                if self._leading is not None:
                    _name_server(span, *self._leading.address)

    async def _ask_replica(self, connection: asynctnt.Connection, arguments: list[Any]) -> Any:
        if not get_current_span().is_recording():
            return await super()._ask_replica(connection, arguments)
        _, function, _ = arguments
        with self._begin(function) as span:
            _name_server(span, connection.host, int(connection.port))
            return await super()._ask_replica(connection, arguments)

    def _begin(self, function: str) -> Any:
        return self._tracer.start_as_current_span(
            function,
            kind=SpanKind.CLIENT,
            attributes={"db.system.name": "tarantool", "db.operation.name": function, "db.stored_procedure.name": function},
            record_exception=False,
            set_status_on_exception=False,
        )


def _name_server(span: Span, host: str, port: int) -> None:
    span.set_attributes({"server.address": host, "server.port": port})
