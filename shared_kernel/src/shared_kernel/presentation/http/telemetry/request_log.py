"""A record of each answered request, for the access log and the metrics."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

FLUSH_SECONDS = 0.1
# Other requests wait while records are processed; 64 at once were visible in the 99th percentile.
BATCH_SIZE = 16


class TraceIds(NamedTuple):
    """Ids of a trace and of a span in it, in hexadecimal digits (W3C Trace Context), and whether the trace is recorded."""

    trace_id: str
    span_id: str
    is_sampled: bool


class Record(NamedTuple):
    """An answered request.

    `route` is the path as declared, so that no client's secret gets into the log by a URL. `began` and `ended` are times of
    time.perf_counter(); `sent` is the number of body bytes that a stream has sent. Where the request was not `for_operation`, the
    method is any text that the client has sent. `trace` is that of the request, where requests are traced.
    """

    method: str
    route: str
    status: int
    began: float
    ended: float
    user_id: str
    request_id: str
    sent: int | None = None
    for_operation: bool = True
    trace: TraceIds | None = None


class RecordSink(Protocol):
    """Receives records, some at a time."""

    def write(self, records: Sequence[Record]) -> None:
        """Process the records."""
        ...

    def flush(self) -> None:
        """Do what may have been deferred: some time has passed, or the process ends."""
        ...


class RequestLog:
    """Passes records on to its sinks: BATCH_SIZE at once, or fewer after FLUSH_SECONDS.

    Each request costs a tuple. Code that runs sixteen times in a row finds itself and its data in the processor's caches.
    """

    def __init__(self, *sinks: RecordSink) -> None:
        self._sinks = sinks
        self._records: list[Record] = []
        self._is_flush_due = False

    def record(self, record: Record) -> None:
        """Add a record."""
        records = self._records
        records.append(record)
        if len(records) >= BATCH_SIZE:
            self._write()
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_in_time)

    def flush(self) -> None:
        """Pass on all records, and let the sinks flush."""
        self._write()
        for sink in self._sinks:
            sink.flush()

    def _flush_in_time(self) -> None:
        self._is_flush_due = False
        self.flush()

    def _write(self) -> None:
        records, self._records = self._records, []
        for sink in self._sinks:
            sink.write(records)
