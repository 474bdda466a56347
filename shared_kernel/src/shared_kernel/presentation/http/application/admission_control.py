"""A limit of concurrent requests, and load shedding beyond it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from shared_kernel.application.availability import BusyError
from shared_kernel.presentation.http.server.exchange import Exchange

MAX_WAIT_SECONDS = 0.1
MAX_WAITING_BYTES = 64 * 1024 * 1024  # of bodies
SWEEP_SECONDS = 0.02


class AdmissionControl:
    """Admits up to `slots` requests at the same time. Others wait for a slot, in order, up to MAX_WAIT_SECONDS; then BusyError.

    So a burst is worked off without an error, and under overload no queue grows without end. A rejection costs two thirds of a
    response, most of it in the kernel, and a client that is rejected at once may come back at once: a service that rejected all
    of them immediately would do little else.
    """

    def __init__(self, slots: int, admit: Callable[[Exchange], None], reject: Callable[[Exchange, Exception], None]) -> None:
        self._slots = slots
        self._admit = admit
        self._reject = reject
        self._in_progress = 0
        self._queue: deque[Exchange] = deque()
        self._queued_at: deque[float] = deque()  # time.monotonic() of each
        self._waiting_bytes = 0

    @property
    def in_progress(self) -> int:
        """Number of requests that have been admitted and have not left."""
        return self._in_progress

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._queue)

    def enter(self, exchange: Exchange) -> None:
        """Admit the request, which must `leave` when it is done; or queue it; or reject it."""
        if self._in_progress < self._slots:
            self._in_progress += 1
            self._admit(exchange)
        elif self._waiting_bytes + exchange.length > MAX_WAITING_BYTES:
            self._reject(exchange, _busy())
        else:
            if not self._queue:
                asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._reject_overdue)
            self._queue.append(exchange)
            self._queued_at.append(time.monotonic())
            self._waiting_bytes += exchange.length

    def leave(self) -> None:
        """Free a slot, and admit the next request in the queue."""
        while self._queue:
            exchange = self._dequeue()
            if not exchange.is_abandoned:
                self._admit(exchange)
                return
        self._in_progress -= 1

    def _dequeue(self) -> Exchange:
        self._queued_at.popleft()
        exchange = self._queue.popleft()
        self._waiting_bytes -= exchange.length
        return exchange

    def _reject_overdue(self) -> None:
        overdue = time.monotonic() - MAX_WAIT_SECONDS
        while self._queued_at and self._queued_at[0] < overdue:
            self._reject(self._dequeue(), _busy())
        if self._queue:
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._reject_overdue)


def _busy() -> BusyError:
    return BusyError("More requests are in progress than the service accepts; try again soon.")
