"""How long the server waits for a client that sends nothing, fetches nothing, or is too slow."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from shared_kernel.presentation.http.server.exchange import Exchange

IDLE_SECONDS = 60.0
SLOW_SECONDS = 30.0
MIN_PROGRESS_BYTES = 16 * 1024
"""What a client must fetch of what waits for it, or send of a body, in SLOW_SECONDS."""
SWEEP_SECONDS = 5.0


class ConnectionTimeouts:
    """Timeouts of one connection. All times are the event loop's, in seconds."""

    __slots__ = ("_arrived_since", "_unsent", "arrived", "waiting_since")

    def __init__(self, now: float) -> None:
        self.waiting_since: float | None = now
        """Since when the next request could have arrived whole; None while one is handled."""
        self.arrived = 0
        """Bytes of streamed bodies that have arrived."""
        self._arrived_since = (now, 0)  # a time, and `arrived` at that time
        self._unsent = (0.0, 0)  # a time, and how many bytes waited for the client at that time

    def pause_writing(self, now: float, unsent: int) -> None:
        """Note that so many bytes wait for the client, more than it should leave unfetched."""
        self._unsent = (now, unsent)

    def is_idle_since(self, deadline: float) -> bool:
        """Return whether no request has arrived whole since the deadline, though one could."""
        return self.waiting_since is not None and self.waiting_since < deadline

    def fetches_slowly(self, now: float, unsent: int) -> bool:
        """Return whether the client has fetched too little of what waits for it; `unsent` bytes are left."""
        since, before = self._unsent
        if now - since < SLOW_SECONDS:
            return False
        self._unsent = (now, unsent)
        return before - unsent < MIN_PROGRESS_BYTES

    def sends_slowly(self, now: float, streaming: Exchange | None) -> bool:
        """Return whether too little of a streamed body has arrived while nothing but that was waited for."""
        since, arrived = self._arrived_since
        is_waited_for = streaming is not None and streaming.more_body and streaming.arrival is not None
        if not is_waited_for or self.arrived - arrived >= MIN_PROGRESS_BYTES:
            self._arrived_since = (now, self.arrived)
            return False
        return now - since >= SLOW_SECONDS


class TimedConnection(Protocol):
    """A connection that has timeouts."""

    def enforce_timeouts(self, now: float) -> None:
        """Close the connection if its client is idle or too slow. `now` is the event loop's time."""
        ...


class TimeoutSweep:
    """Enforces the timeouts of all connections of a server every SWEEP_SECONDS, as long as there are any.

    One timer serves all of them: requests are many, and nearly all arrive at once.
    """

    def __init__(self, connections: Collection[TimedConnection]) -> None:
        self._connections = connections
        self._is_due = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start, unless it is running."""
        if not self._is_due:
            self._is_due = True
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_due = False
        for connection in list(self._connections):
            connection.enforce_timeouts(loop.time())
        if self._connections:
            self.start(loop)
