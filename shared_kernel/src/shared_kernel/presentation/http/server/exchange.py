"""One request on a connection and its response."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

from shared_kernel.presentation.http.server.connection_state import ExchangeState
from shared_kernel.presentation.http.server.response import Response, StreamingResponse


class StreamingBody(Protocol):
    """A response whose head has been sent and whose body is being sent."""

    status: int
    sent: int
    """Bytes of the body so far, before they are framed."""

    async def send(self, chunk: bytes) -> None:
        """Send a chunk; return when the client has fetched enough for the next one to be made."""
        ...

    def end(self) -> None:
        """Send the end."""
        ...

    def conclude(self, chunk: bytes) -> None:
        """Send a last chunk and the end, although earlier chunks have not been fetched yet."""
        ...

    def cut(self) -> None:
        """Close the connection without an end, so that the client notices that the body is incomplete."""
        ...


class Connection(Protocol):
    """What a request arrives on."""

    client: tuple[str, int] | None
    """Address and port of the peer."""
    tasks: set[asyncio.Task[None]]
    """The server's tasks, which it waits for when it shuts down."""
    streaming: "Exchange | None"
    """The exchange under way, if its operation streams. Later requests may have arrived behind it."""
    is_ending: bool
    """Whether the server is shutting down."""

    def notice_lost_client(self, exchange: "Exchange") -> None:
        """Abandon a request whose client has disconnected, although nothing is read from the connection at present.

        To be called now and then while a response is made that the client may no longer want.
        """
        ...

    def ask_for_body(self, exchange: "Exchange") -> None:
        """Let more of the request's body arrive."""
        ...

    def respond(self, exchange: "Exchange", response: Response) -> None:
        """Send the whole response, unless the client has disconnected."""
        ...

    def begin_stream(self, exchange: "Exchange", response: StreamingResponse) -> StreamingBody:
        """Send the head of a response whose chunks follow."""
        ...

    def end_stream(self, exchange: "Exchange") -> None:
        """Go on to the next request behind a response whose end has been sent."""
        ...


class Exchange:
    """A request for an operation. Unless a body is a stream, it is answered once and in one write.

    So it needs no event, no task before its body has arrived, and no ASGI message.
    """

    __slots__ = (
        "arrival", "began", "body", "caller", "connection", "headers", "is_http_1_0", "keep_alive", "length", "more_body",
        "operation", "path_values", "query", "request_id", "state", "task", "trace", "writer",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        operation: Any,
        path_values: Mapping[str, str],
        query: bytes,
        headers: dict[bytes, bytes],
        request_id: str,
    ) -> None:
        self.connection = connection
        self.trace: Any
        """The handler's own, which sets it where requests are traced."""
        self.operation = operation
        """The Operation that Handler.find has returned; the handler knows its real type."""
        self.path_values = path_values
        """As sent: percent-encoded."""
        self.query = query
        self.headers = headers
        """By names in lower case."""
        self.request_id = request_id
        self.began = time.perf_counter()
        self.caller: Any = None
        """The handler's own: who has sent the request, once that is known."""
        self.state: ExchangeState = "queued"
        self.body: bytes | bytearray = b""
        """What has arrived of the body and was not yet taken."""
        self.length = 0
        """Bytes in `body`."""
        self.more_body = True
        self.keep_alive = True
        self.is_http_1_0 = False
        self.task: asyncio.Task[None] | None = None
        self.writer: StreamingBody | None = None
        """Once the head of a StreamingResponse has been sent."""
        self.arrival: asyncio.Future[None] | None = None
        """Done when the rest of the body has arrived or, where the body is a stream, more of it."""

    def keep(self, data: bytes) -> None:
        """Add a part of the body. All are kept in one buffer: into how many chunks the client cuts it changes nothing."""
        if not self.length:
            self.body = data
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(self.body)
            self.body += data
        self.length += len(data)

    def take_body(self) -> bytes:
        """Return what has arrived of the body, and keep it no longer."""
        body, self.body, self.length = bytes(self.body), b"", 0
        return body

    def wake(self) -> None:
        """Let what waits for the body look again."""
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)

    def complete(self) -> None:
        """Note that the request has been answered, as far as there is still a client."""
        if self.state != "abandoned":
            self.state = "complete"

    def abandon(self) -> None:
        """Note that the connection is lost."""
        if self.state != "complete":
            self.state = "abandoned"

    @property
    def is_abandoned(self) -> bool:
        """Whether the connection was lost before the request was answered."""
        return self.state == "abandoned"

    @property
    def peer(self) -> str:
        """The IP address of the other end of the connection: a client or a proxy."""
        client = self.connection.client
        return "" if client is None else client[0]
