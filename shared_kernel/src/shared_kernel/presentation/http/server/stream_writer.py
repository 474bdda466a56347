"""An answer whose body is sent while it is made."""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.response import StreamingResponse

if TYPE_CHECKING:
    from shared_kernel.presentation.http.server.protocol import HttpProtocol

MAX_UNSENT_BYTES = 128 * 1024
"""What the system keeps of a stream that has not been sent: it would take megabytes, for each client that fetches nothing."""
MAX_COPIED_BYTES = 64 * 1024
"""Beyond that, one more system call costs less than to put what is sent together."""

_RESET = struct.pack("ii", 1, 0)


class StreamWriter:
    """Sends one such answer: in chunks (RFC 9112, section 7.1), or to a client of HTTP/1.0 up to the connection's end."""

    def __init__(self, protocol: "HttpProtocol", exchange: Exchange, answer: StreamingResponse) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._exchange = exchange
        self.status = answer.status
        self.sent = 0
        """Bytes of the body, as it is before it is framed."""
        self._send_head(answer)

    def _send_head(self, answer: StreamingResponse) -> None:
        exchange = self._exchange
        if self._transport.is_closing():
            return
        framing = b""
        if (connection := self._transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)
        exchange.headers.pop(b"expect", None)  # 100 (Continue) comes before the answer or never
        if exchange.is_http_1_0:
            exchange.keep_alive = False
        elif exchange.operation.sends_body:
            framing = b"transfer-encoding: chunked\r\n"
        self._transport.write(self._protocol.render_head(answer, framing, exchange.request_id, keep_alive=exchange.keep_alive))

    async def send(self, chunk: bytes) -> None:
        """Send a chunk, and return when the client has fetched enough for another one to be made."""
        self.sent += len(chunk)
        if not chunk or self._transport.is_closing():  # an empty one would be the end
            pass
        elif self._exchange.is_http_1_0:
            self._transport.write(chunk)
        elif len(chunk) <= MAX_COPIED_BYTES:
            self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        else:
            self._transport.writelines((b"%x\r\n" % len(chunk), chunk, b"\r\n"))
        flow = self._protocol.flow
        if flow.write_paused:
            await flow.drain()
        else:
            await asyncio.sleep(0)  # others have their turn, however fast chunks are made and fetched

    def end(self) -> None:
        """Send the end; then let the connection go on to the next request, or close."""
        exchange = self._exchange
        if not self._transport.is_closing() and exchange.operation.sends_body and not exchange.is_http_1_0:
            self._transport.write(b"0\r\n\r\n")
        self._protocol.end_stream(exchange)

    def cut(self) -> None:
        """Close the connection without an end; where it would be taken for one, by a reset (HTTP/1.0)."""
        exchange = self._exchange
        exchange.response_complete = True
        if self._transport.is_closing():
            return
        if exchange.is_http_1_0 and (connection := self._transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
