"""Log lines and records of requests as log records of OpenTelemetry."""

import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from structlog.typing import EventDict, WrappedLogger

from shared_kernel.open_telemetry.spans import find_current_ids
from shared_kernel.presentation.http.telemetry.request_log import Record, TraceIds

_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
_ELSEWHERE = frozenset({"event", "level", "timestamp", "exc_info", "trace_id", "span_id"})
_EXPORTERS = ("opentelemetry", "urllib3", "requests")
"""Loggers of what exports: what these say of a collector that does not answer must not be sent there."""


def add_trace(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Add to a log line the ids of the span that it is written in."""
    ids = find_current_ids()
    if ids is not None:
        fields.setdefault("trace_id", ids.trace_id)
        fields.setdefault("span_id", ids.span_id)
    return fields


class LogExport:
    """Exports log lines, as a processor of structlog, and records of requests, as a RecordSink."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def __call__(self, _logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
        """Export a log line, whose fields stay as they are."""
        record = fields.get("_record")
        event, level = str(fields.get("event", "")), str(fields.get("level", "info"))
        is_request = event == "request" and "route" in fields  # which comes by `write`, too
        if not is_request and (record is None or not record.name.startswith(_EXPORTERS)):
            self._logger.emit(
                timestamp=time.time_ns(),
                severity_number=_SEVERITIES.get(level),
                severity_text=level.upper(),
                body=event,
                attributes={**_select(fields), **_describe_error(fields.get("exc_info"))},
            )
        return fields

    def write(self, records: Sequence[Record]) -> None:
        """Export records, with the fields of the access log."""
        to_wall_clock = time.time() - time.perf_counter()
        for record in records:
            attributes: dict[str, str | int | float] = {
                "method": record.method,
                "route": record.route,
                "status": record.status,
                "milliseconds": round((record.ended - record.began) * 1000, 3),
                "user_id": record.user_id,
                "request_id": record.request_id,
            }
            if record.sent is not None:
                attributes["bytes"] = record.sent
            self._logger.emit(
                timestamp=int((record.ended + to_wall_clock) * 1e9),
                context=None if record.trace is None else _restore(record.trace),
                severity_number=SeverityNumber.INFO,
                severity_text="INFO",
                body="request",
                attributes=attributes,
            )

    def flush(self) -> None:
        """Do nothing: the exporter has a thread of its own."""


def _select(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that no member of a log record stands for."""
    return {
        name: value if isinstance(value, str | bool | int | float) else str(value)
        for name, value in fields.items()
        if name not in _ELSEWHERE and not name.startswith("_") and value is not None
    }


def _describe_error(error: Any) -> dict[str, str]:
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return {}
    return {"exception.type": type(error).__qualname__, "exception.stacktrace": "".join(traceback.format_exception(error))}


def _restore(ids: TraceIds) -> Context:
    flags = TraceFlags(TraceFlags.SAMPLED if ids.is_sampled else TraceFlags.DEFAULT)
    return set_span_in_context(
        NonRecordingSpan(SpanContext(int(ids.trace_id, 16), int(ids.span_id, 16), is_remote=False, trace_flags=flags))
    )
