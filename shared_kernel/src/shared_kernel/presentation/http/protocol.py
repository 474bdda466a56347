"""uvicorn's HTTP protocol with what it leaves open: bounds for a request's head and for the time in which a request arrives."""

import asyncio
import re
import time
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared_kernel.presentation.http.problems import (
    PROBLEMS,
    HeadTooLargeError,
    InvalidRequestError,
    answer_problem,
    new_request_id,
)

LARGEST_HEAD = 64 * 1024  # bytes; what arrives at once may be more
ARRIVAL_SECONDS = 60.0
SWEEP_SECONDS = 5.0

# HTTP/2 and websockets are not offered, and a server may ignore the wish (RFC 9110, section 7.8). The parser does not: behind
# these fields it takes the body for another protocol's.
_UPGRADE = re.compile(rb"(?<=\r\n)upgrade(?=:)", re.IGNORECASE)


class BoundedHttpProtocol(HttpToolsProtocol):
    """Refuses heads of more than LARGEST_HEAD bytes and closes connections whose request takes ARRIVAL_SECONDS to arrive."""

    _sweeping: ClassVar[bool] = False

    _head_bytes = 0
    _arriving_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve a connection."""
        super().connection_made(transport)
        self._arriving_since = time.monotonic()
        if not BoundedHttpProtocol._sweeping:
            BoundedHttpProtocol._sweeping = True
            self.loop.call_later(SWEEP_SECONDS, self._close_overdue)

    def data_received(self, data: bytes) -> None:
        """Take what arrived: a part of a request, or several."""
        cycle = self.cycle
        if (cycle is None or not cycle.more_body) and b"pgrade:" in data:
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"x-ignored-upgrade", head) + end + rest
        super().data_received(data)
        cycle = self.cycle
        if cycle is not None and cycle.scope is self.scope:  # the head is complete
            self._head_bytes = 0
            is_arriving = cycle.more_body
        else:
            is_arriving = True
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._refuse(HeadTooLargeError(f"The head of the request is longer than {LARGEST_HEAD} bytes."))
        if not is_arriving:
            self._arriving_since = None
        elif self._arriving_since is None:
            self._arriving_since = time.monotonic()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(InvalidRequestError(msg))

    def _refuse(self, error: Exception) -> None:
        if self.transport.is_closing():
            return
        request_id = new_request_id()
        answer = answer_problem(PROBLEMS, error, request_id)
        head = (
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
            f"content-type: {answer.media_type.decode()}\r\ncontent-length: {len(answer.body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + answer.body)
        self.transport.close()

    def _close_overdue(self) -> None:
        # One timer for all connections: requests are many, and nearly all arrive at once.
        overdue = time.monotonic() - ARRIVAL_SECONDS
        for connection in list(self.connections):
            if isinstance(connection, BoundedHttpProtocol) and connection.is_overdue(overdue):
                connection.transport.close()
        if self.connections:
            self.loop.call_later(SWEEP_SECONDS, self._close_overdue)
        else:
            BoundedHttpProtocol._sweeping = False

    def is_overdue(self, overdue: float) -> bool:
        """Tell whether a request has been arriving since before a moment of time.monotonic()."""
        return self._arriving_since is not None and self._arriving_since < overdue
