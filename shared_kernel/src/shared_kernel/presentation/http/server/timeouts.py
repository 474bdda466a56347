"""How long a client is waited for that sends nothing, or fetches nothing, or hardly anything."""

from shared_kernel.presentation.http.server.exchange import Exchange

IDLE_SECONDS = 60.0
SLOW_SECONDS = 30.0
SLOWEST_BYTES = 16 * 1024
"""What a client has to fetch in SLOW_SECONDS, as long as so much waits for it, or to send of a body, to be kept."""


class ConnectionTimeouts:
    """With the client of one connection. All moments are of the event loop's time: seconds."""

    __slots__ = ("_arrived_since", "_unsent", "arrived", "waiting_since")

    def __init__(self, now: float) -> None:
        self.waiting_since: float | None = now
        """Since when a request could have arrived whole; None while one is worked on."""
        self.arrived = 0
        """How much has arrived of bodies that are streams: bytes."""
        self._arrived_since = (now, 0)  # since when how much of that
        self._unsent = (0.0, 0)  # since when the client has had how much to fetch

    def begin_to_wait(self, now: float, unsent: int) -> None:
        """Note that so many bytes are more than the client should leave unfetched."""
        self._unsent = (now, unsent)

    def is_idle_since(self, moment: float) -> bool:
        """Tell whether no request has arrived whole since that moment, though one could."""
        return self.waiting_since is not None and self.waiting_since < moment

    def fetches_slowly(self, now: float, unsent: int) -> bool:
        """Tell whether the client has fetched too little of what has been waiting for it; so much is left."""
        since, before = self._unsent
        if now - since < SLOW_SECONDS:
            return False
        self._unsent = (now, unsent)
        return before - unsent < SLOWEST_BYTES

    def sends_slowly(self, now: float, streaming: Exchange | None) -> bool:
        """Tell whether too little has arrived of the body of the request that streams, while nothing but that was waited for."""
        since, arrived = self._arrived_since
        is_waited_for = streaming is not None and streaming.more_body and streaming.arrival is not None
        if not is_waited_for or self.arrived - arrived >= SLOWEST_BYTES:
            self._arrived_since = (now, self.arrived)
            return False
        return now - since >= SLOW_SECONDS
