"""The states of a connection: which may follow which."""

import pytest

from shared_kernel.presentation.http.server.connection_state import (
    ConnectionState,
    ImpossibleTransitionError,
    Receiving,
    Sending,
)

RECEIVING = {
    Receiving.IDLE: {Receiving.HEAD},
    Receiving.HEAD: {Receiving.BODY, Receiving.UPGRADE},
    Receiving.UPGRADE: {Receiving.HEAD},
    Receiving.BODY: {Receiving.IDLE},
    Receiving.DISCARDING: set(),
}
SENDING = {
    Sending.IDLE: {Sending.RESPONDING},
    Sending.RESPONDING: {Sending.STREAMING, Sending.IDLE, Sending.QUEUED, Sending.STALLED},
    Sending.STREAMING: {Sending.IDLE, Sending.QUEUED, Sending.STALLED},
    Sending.QUEUED: {Sending.RESPONDING},
    Sending.STALLED: {Sending.IDLE, Sending.QUEUED, Sending.RESPONDING},
    Sending.CLOSED: set(),
}


@pytest.mark.parametrize("before", Receiving)
@pytest.mark.parametrize("after", Receiving)
def test_receiving_has_only_these_transitions(before: Receiving, after: Receiving) -> None:
    state = ConnectionState()
    state.receiving = before
    if after in RECEIVING[before]:
        state.receive(after)
        assert state.receiving is after
    else:
        with pytest.raises(ImpossibleTransitionError, match=f"{before.name} to {after.name}"):
            state.receive(after)
        assert state.receiving is before


@pytest.mark.parametrize("before", Sending)
@pytest.mark.parametrize("after", Sending)
def test_sending_has_only_these_transitions(before: Sending, after: Sending) -> None:
    state = ConnectionState()
    state.sending = before
    if after in SENDING[before]:
        state.send(after)
        assert state.sending is after
    else:
        with pytest.raises(ImpossibleTransitionError, match=f"{before.name} to {after.name}"):
            state.send(after)
        assert state.sending is before


def test_closed_connection_neither_parses_nor_sends() -> None:
    state = ConnectionState()
    state.close()
    assert (state.receiving, state.sending) == (Receiving.DISCARDING, Sending.CLOSED)
