"""What is noted of each request that was answered, for the access log and for the metrics."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

FLUSH_SECONDS = 0.1
# Other requests wait while records are looked at; 64 at once were seen in the 99th percentile.
MAX_GATHERED = 16


class Record(NamedTuple):
    """An answered request.

    `route` is the path as declared, so that no client's secret gets into the log by a URL. `began` and `ended` are moments of
    time.perf_counter(); `sent` is how many bytes of body a stream has sent. Where it was not `for_operation`, the method is what
    the client liked to name.
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


class Reader(Protocol):
    """Who is told of requests, some at a time."""

    def note(self, records: Sequence[Record]) -> None:
        """Take note of these."""
        ...

    def flush(self) -> None:
        """Do what may have been put off: some time has passed, or the process ends."""
        ...


class RequestLog:
    """Tells its readers of MAX_GATHERED requests at once, or of fewer after FLUSH_SECONDS.

    A request costs a tuple. Code that runs sixteen times in a row finds itself and its data in the processor's caches.
    """

    def __init__(self, *readers: Reader) -> None:
        self._readers = readers
        self._records: list[Record] = []
        self._is_flush_due = False

    def note(self, record: Record) -> None:
        """Tell of a request, soon."""
        records = self._records
        records.append(record)
        if len(records) >= MAX_GATHERED:
            self._tell()
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_in_time)

    def flush(self) -> None:
        """Tell of all that there is."""
        self._tell()
        for reader in self._readers:
            reader.flush()

    def _flush_in_time(self) -> None:
        self._is_flush_due = False
        self.flush()

    def _tell(self) -> None:
        records, self._records = self._records, []
        for reader in self._readers:
            reader.note(records)
