"""How many requests are worked on at the same time."""

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
    """Lets a bounded number of requests in. Others wait in line, first come first served, but briefly, and are then refused.

    A burst is worked off without a refusal; a storm is refused and not queued without end. To refuse costs two thirds
    of what an answer does, most of it the system's work: who is told at once comes back at once, and a service that tells all of
    them does little else.
    """

    def __init__(self, most: int, admit: Callable[[Exchange], None], refuse: Callable[[Exchange, Exception], None]) -> None:
        self._most = most
        self._admit = admit
        self._refuse = refuse
        self._under_way = 0
        self._line: deque[Exchange] = deque()
        self._since: deque[float] = deque()  # when each came (time.monotonic())
        self._waiting_bytes = 0

    @property
    def under_way(self) -> int:
        """How many have been admitted and have not left."""
        return self._under_way

    @property
    def waiting(self) -> int:
        """How many wait in line."""
        return len(self._line)

    def enter(self, exchange: Exchange) -> None:
        """Admit the request, which must leave when it is done, or let it wait, or refuse it."""
        if self._under_way < self._most:
            self._under_way += 1
            self._admit(exchange)
        elif self._waiting_bytes + exchange.length > MAX_WAITING_BYTES:
            self._refuse(exchange, _busy())
        else:
            if not self._line:
                asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._refuse_overdue)
            self._line.append(exchange)
            self._since.append(time.monotonic())
            self._waiting_bytes += exchange.length

    def leave(self) -> None:
        """Make room for the next in line."""
        while self._line:
            exchange = self._take_first()
            if not exchange.disconnected:
                self._admit(exchange)
                return
        self._under_way -= 1

    def _take_first(self) -> Exchange:
        self._since.popleft()
        exchange = self._line.popleft()
        self._waiting_bytes -= exchange.length
        return exchange

    def _refuse_overdue(self) -> None:
        overdue = time.monotonic() - MAX_WAIT_SECONDS
        while self._since and self._since[0] < overdue:
            self._refuse(self._take_first(), _busy())
        if self._line:
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._refuse_overdue)


def _busy() -> BusyError:
    return BusyError("More requests are under way than the service takes on; try again soon.")
