"""What a connection is doing: the states of its two directions, and which may follow which (after h11's `_state.py`).

    receiving   IDLE ─▶ HEAD ─▶ BODY ─▶ IDLE                    a request arrives
                        HEAD ─▶ UPGRADE ─▶ HEAD                 its head is parsed again without the field Upgrade

    sending     IDLE ─▶ RESPONDING ─▶ IDLE                      a request is answered
                        RESPONDING ─▶ STREAMING ─▶ IDLE         … in chunks
                        … ─▶ QUEUED ─▶ RESPONDING               another request was queued behind it
                        … ─▶ STALLED ─▶ IDLE or QUEUED          the client must fetch first
                             STALLED ─▶ RESPONDING              a request arrives meanwhile, and none is queued

From every state, `close` leads to DISCARDING and CLOSED.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Receiving(IntEnum):
    """State of the client's side: what the next bytes belong to."""

    IDLE = 0
    """Every request that has begun to arrive has arrived whole."""
    HEAD = 1
    UPGRADE = 2
    """The head has arrived and asks for another protocol; the parser stops behind it."""
    BODY = 3
    """The head has arrived. Trailers are part of the body."""
    DISCARDING = 4
    """The last response has been sent; what still arrives is ignored."""


class Sending(IntEnum):
    """State of the server's side: what is written next."""

    IDLE = 0
    """Every request that has arrived has been answered."""
    RESPONDING = 1
    """One request is handled, the one whose turn it is; others may be queued."""
    STREAMING = 2
    """The chunks of its response are being sent. Nothing else may be written between them."""
    QUEUED = 3
    """It has been answered, and the next one in the queue begins in the next turn of the event loop."""
    STALLED = 4
    """It has been answered, and the client must fetch what has been written before the next one in the queue begins."""
    CLOSED = 5
    """No further response is sent."""


class ExchangeState(IntEnum):
    """State of one request and its response."""

    QUEUED = 0
    """Earlier requests on its connection have not been answered."""
    OPEN = 1
    """It is its turn."""
    COMPLETE = 2
    """It has been answered."""
    ABANDONED = 3
    """The connection was lost before."""


_AFTER_RECEIVING: Final[Mapping[Receiving, frozenset[Receiving]]] = {
    Receiving.IDLE: frozenset({Receiving.HEAD}),
    Receiving.HEAD: frozenset({Receiving.BODY, Receiving.UPGRADE}),
    Receiving.UPGRADE: frozenset({Receiving.HEAD}),
    Receiving.BODY: frozenset({Receiving.IDLE}),
    Receiving.DISCARDING: frozenset(),
}
_ANSWERED = frozenset({Sending.IDLE, Sending.QUEUED, Sending.STALLED})
_AFTER_SENDING: Final[Mapping[Sending, frozenset[Sending]]] = {
    Sending.IDLE: frozenset({Sending.RESPONDING}),
    Sending.RESPONDING: _ANSWERED | {Sending.STREAMING},
    Sending.STREAMING: _ANSWERED,
    Sending.QUEUED: frozenset({Sending.RESPONDING}),
    Sending.STALLED: frozenset({Sending.IDLE, Sending.QUEUED, Sending.RESPONDING}),
    Sending.CLOSED: frozenset(),
}


class ImpossibleTransitionError(RuntimeError):
    """A state was to follow that cannot: a bug of the server, which then does not guess what to write."""


class ConnectionState:
    """The states of both directions of one connection."""

    __slots__ = ("receiving", "sending")

    def __init__(self) -> None:
        self.receiving = Receiving.IDLE
        self.sending = Sending.IDLE

    def receive(self, state: Receiving) -> None:
        """Go on to the state. Raises ImpossibleTransitionError."""
        if state not in _AFTER_RECEIVING[self.receiving]:
            raise ImpossibleTransitionError(f"receiving: {self.receiving.name} to {state.name}")
        self.receiving = state

    def send(self, state: Sending) -> None:
        """Go on to the state. Raises ImpossibleTransitionError."""
        if state not in _AFTER_SENDING[self.sending]:
            raise ImpossibleTransitionError(f"sending: {self.sending.name} to {state.name}")
        self.sending = state

    def close(self) -> None:
        """Send no further response; ignore what still arrives."""
        self.receiving = Receiving.DISCARDING
        self.sending = Sending.CLOSED
