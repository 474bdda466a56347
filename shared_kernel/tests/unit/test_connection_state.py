"""The states of a connection: which may follow which."""

import pytest

from shared_kernel.presentation.http.server.connection_state import (
    ConnectionState,
    ImpossibleTransitionError,
    Receiving,
    Sending,
)

RECEIVING: dict[Receiving, set[Receiving]] = {
    "idle": {"head"},
    "head": {"body", "upgrade"},
    "upgrade": {"head"},
    "body": {"idle"},
    "discarding": set(),
}
SENDING: dict[Sending, set[Sending]] = {
    "idle": {"responding"},
    "responding": {"streaming", "idle", "queued", "stalled"},
    "streaming": {"idle", "queued", "stalled"},
    "queued": {"responding"},
    "stalled": {"idle", "queued", "responding"},
    "closed": set(),
}


@pytest.mark.parametrize("before", RECEIVING)
@pytest.mark.parametrize("after", RECEIVING)
def test_receiving_has_only_these_transitions(before: Receiving, after: Receiving) -> None:
    state = ConnectionState()
    state.receiving = before
    if after in RECEIVING[before]:
        state.receive(after)
        assert state.receiving == after
    else:
        with pytest.raises(ImpossibleTransitionError, match=f"{before} to {after}"):
            state.receive(after)
        assert state.receiving == before


@pytest.mark.parametrize("before", SENDING)
@pytest.mark.parametrize("after", SENDING)
def test_sending_has_only_these_transitions(before: Sending, after: Sending) -> None:
    state = ConnectionState()
    state.sending = before
    if after in SENDING[before]:
        state.send(after)
        assert state.sending == after
    else:
        with pytest.raises(ImpossibleTransitionError, match=f"{before} to {after}"):
            state.send(after)
        assert state.sending == before


def test_closed_connection_neither_parses_nor_sends() -> None:
    state = ConnectionState()
    state.close()
    assert (state.receiving, state.sending) == ("discarding", "closed")
