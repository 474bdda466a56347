"""One request on a connection, on its way to an answer."""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from shared_kernel.application.authentication import Caller
from shared_kernel.presentation.http.server.response import Response, StreamingResponse

if TYPE_CHECKING:
    from shared_kernel.presentation.http.routing.direct_route import DirectRoute
    from shared_kernel.presentation.http.server.stream_writer import StreamWriter


class Connection(Protocol):
    """What a request arrives on."""

    client: tuple[str, int] | None
    tasks: set[asyncio.Task[None]]
    streaming: "Exchange | None"
    """The request under way, if its operation streams: others may have arrived behind it."""
    is_ending: bool
    """Whether the service shuts down."""

    def ask_for_body(self, exchange: "Exchange") -> None:
        """Let more of the request's body arrive."""
        ...

    def respond(self, exchange: "Exchange", answer: Response) -> None:
        """Send the answer, unless the client has gone."""
        ...

    def begin_stream(self, exchange: "Exchange", answer: StreamingResponse) -> "StreamWriter":
        """Send the head of an answer whose chunks follow."""
        ...


class _NullEvent:
    def set(self) -> None:
        """Wake nobody."""


class Exchange:
    """A request for one of the service's operations.

    It stands where uvicorn's protocol keeps the cycle of a request: `response_complete`, `disconnected`, `keep_alive` and
    `message_event` are what that protocol asks of it. Unless it is a stream, it is answered once and in one write, so it needs
    no event, no task before its body has arrived and no ASGI message.
    """

    __slots__ = (
        "arrival", "began", "caller", "chunks", "connection", "disconnected", "has_turn", "headers", "is_http_1_0", "keep_alive",
        "length", "more_body", "operation", "path_values", "query", "request_id", "response_complete", "task", "writer",
    )  # fmt: skip

    message_event: ClassVar[_NullEvent] = _NullEvent()

    def __init__(
        self,
        connection: Connection,
        operation: "DirectRoute",
        path_values: Mapping[str, str],
        query: bytes,
        headers: dict[bytes, bytes],
        request_id: str,
    ) -> None:
        self.connection = connection
        self.operation = operation
        self.path_values = path_values  # as sent: percent-encoded
        self.query = query
        self.headers = headers  # names in lower case
        self.request_id = request_id
        self.began = time.perf_counter()
        self.caller: Caller | None = None
        self.has_turn = False  # whether all before it on its connection have been answered
        self.chunks: list[bytes] = []
        self.length = 0
        self.more_body = True
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.is_http_1_0 = False
        self.task: asyncio.Task[None] | None = None
        self.writer: StreamWriter | None = None  # once the head of an answer that is a stream has been sent
        self.arrival: asyncio.Future[None] | None = None  # of the rest of its body or, where that is a stream, of more

    def wake(self) -> None:
        """Let whoever waits for the body look again."""
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)

    @property
    def body(self) -> bytes:
        """What has arrived of the body."""
        chunks = self.chunks
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    @property
    def peer(self) -> str:
        """The address of whoever has connected."""
        client = self.connection.client
        return "" if client is None else client[0]
