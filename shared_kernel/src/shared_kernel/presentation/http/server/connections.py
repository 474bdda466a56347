"""What the connections of one server share."""

from typing import Any

from uvicorn.server import ServerState

from shared_kernel.presentation.http.server.descriptors import Descriptors
from shared_kernel.presentation.http.server.handler import Handler
from shared_kernel.presentation.http.server.response_head import HeadRenderer
from shared_kernel.presentation.http.server.timeouts import TimeoutSweep


class Connections:
    """The connections of one server: `state.connections`, and what serves them."""

    def __init__(self, handler: Handler, state: ServerState, app_state: dict[str, Any]) -> None:
        self.handler = handler
        self.state = state
        self.app_state = app_state
        self.heads = HeadRenderer(handler.common_fields)
        self.descriptors = Descriptors(state.connections)  # type: ignore[arg-type] # as below
        self.sweep = TimeoutSweep(state.connections)  # type: ignore[arg-type] # uvicorn knows no protocols but its own
