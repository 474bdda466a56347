"""A limit of concurrent requests, and load shedding beyond it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from shared_kernel.application.availability import BusyError
from shared_kernel.presentation.http.application.slot_wait import SlotWait
from shared_kernel.presentation.http.server.exchange import Exchange

MAX_WAITING_BYTES = 64 * 1024 * 1024  # of bodies
SWEEP_SECONDS = 0.02


class AdmissionControl:
    """Admits up to `slots` requests at the same time. Others wait for a slot, in order, as long as SlotWait says; then BusyError.

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
        self._wait = SlotWait(slots)
        self._freed = 0  # slots, since `_observed_at`
        self._observed_at = 0.0
        self._is_sweeping = False

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
            now = time.monotonic()
            if not self._queue:
                self._observed_at, self._freed = now, 0
                if not self._is_sweeping:
                    self._sweep_later()
            self._queue.append(exchange)
            self._queued_at.append(now)
            self._waiting_bytes += exchange.length

    def leave(self) -> None:
        """Free a slot, and admit the next request in the queue."""
        while self._queue:
            exchange = self._dequeue()
            if not exchange.is_abandoned:
                self._freed += 1
                self._admit(exchange)
                return
        self._in_progress -= 1

    def _dequeue(self) -> Exchange:
        self._queued_at.popleft()
        exchange = self._queue.popleft()
        self._waiting_bytes -= exchange.length
        return exchange

    def _sweep_later(self) -> None:
        self._is_sweeping = True
        asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._is_sweeping = False
        if not self._queue:
            return
        now = time.monotonic()
        self._wait.observe(self._freed, now - self._observed_at)
        self._observed_at, self._freed = now, 0
        overdue = now - self._wait.seconds
        while self._queued_at and self._queued_at[0] < overdue:
            self._reject(self._dequeue(), _busy())
        if self._queue and not self._is_sweeping:  # a rejection may have let another request in
            self._sweep_later()


def _busy() -> BusyError:
    return BusyError("More requests are in progress than the service accepts; try again soon.")
