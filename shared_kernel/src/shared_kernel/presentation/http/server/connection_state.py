"""What a connection is doing: the states of its two directions, and which may follow which (after h11's `_state.py`).

    receiving   idle ─▶ head ─▶ body ─▶ idle                    a request arrives
                        head ─▶ upgrade ─▶ head                 its head is parsed again without the field Upgrade

    sending     idle ─▶ responding ─▶ idle                      a request is answered
                        responding ─▶ streaming ─▶ idle         … in chunks
                        … ─▶ queued ─▶ responding               another request was queued behind it
                        … ─▶ stalled ─▶ idle or queued          the client must fetch first
                             stalled ─▶ responding              a request arrives meanwhile, and none is queued

From every state, `discard` leads to discarding, and `close` to discarding and closed. States are strings: to look up a member of
an Enum takes 0.3 µs.
"""

from collections.abc import Mapping
from typing import Final, Literal

Receiving = Literal["idle", "head", "upgrade", "body", "discarding"]
"""What the next bytes from the client belong to.

idle: every request that has begun to arrive has arrived whole. upgrade: the head has arrived and asks for another protocol; the
parser stops behind it. body: the head has arrived; trailers are part of the body. discarding: no further request is taken, and
what still arrives is ignored; the connection closes behind the last response.
"""

Sending = Literal["idle", "responding", "streaming", "queued", "stalled", "closed"]
"""What is written next.

idle: every request that has arrived has been answered. responding: the request whose turn it is is handled; others may be queued.
streaming: the chunks of its response are being sent, and nothing else may be written between them. queued: it has been answered,
and the next one in the queue begins in the next turn of the event loop. stalled: it has been answered, and the client must fetch
what has been written before the next one in the queue begins. closed: no further response is sent.
"""

ExchangeState = Literal["queued", "open", "complete", "abandoned"]
"""State of one request and its response.

queued: earlier requests on its connection have not been answered. open: it is its turn. complete: it has been answered.
abandoned: the connection was lost before.
"""

_AFTER_RECEIVING: Final[Mapping[Receiving, frozenset[Receiving]]] = {
    "idle": frozenset({"head"}),
    "head": frozenset({"body", "upgrade"}),
    "upgrade": frozenset({"head"}),
    "body": frozenset({"idle"}),
    "discarding": frozenset(),
}
_AFTER_SENDING: Final[Mapping[Sending, frozenset[Sending]]] = {
    "idle": frozenset({"responding"}),
    "responding": frozenset({"streaming", "idle", "queued", "stalled"}),
    "streaming": frozenset({"idle", "queued", "stalled"}),
    "queued": frozenset({"responding"}),
    "stalled": frozenset({"idle", "queued", "responding"}),
    "closed": frozenset(),
}


class ImpossibleTransitionError(RuntimeError):
    """A state was to follow that cannot: a bug of the server, which then does not guess what to write."""


class ConnectionState:
    """The states of both directions of one connection."""

    __slots__ = ("receiving", "sending")

    def __init__(self) -> None:
        self.receiving: Receiving = "idle"
        self.sending: Sending = "idle"

    def receive(self, state: Receiving) -> None:
        """Go on to the state. Raises ImpossibleTransitionError."""
        if state not in _AFTER_RECEIVING[self.receiving]:
            raise ImpossibleTransitionError(f"receiving: {self.receiving} to {state}")
        self.receiving = state

    def send(self, state: Sending) -> None:
        """Go on to the state. Raises ImpossibleTransitionError."""
        if state not in _AFTER_SENDING[self.sending]:
            raise ImpossibleTransitionError(f"sending: {self.sending} to {state}")
        self.sending = state

    def discard(self) -> None:
        """Take no further request; those that have arrived are answered."""
        self.receiving = "discarding"

    def close(self) -> None:
        """Send no further response; ignore what still arrives."""
        self.receiving = "discarding"
        self.sending = "closed"
