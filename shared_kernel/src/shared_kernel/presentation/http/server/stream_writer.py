"""A response whose body is sent while it is made."""

import asyncio
import socket
import struct

from uvicorn.protocols.http.flow_control import FlowControl

from shared_kernel.presentation.http.server.exchange import Exchange

MAX_UNSENT_BYTES = 128 * 1024
"""What the kernel keeps of a stream that has not been sent; by default it would take megabytes for each slow client."""
MAX_COPIED_BYTES = 64 * 1024
"""Longer chunks are not copied: one more system call costs less."""

_RESET = struct.pack("ii", 1, 0)


class StreamWriter:
    """Implements StreamingBody: sends chunks (RFC 9112, section 7.1), or to an HTTP/1.0 client all up to the connection's end."""

    def __init__(self, exchange: Exchange, status: int, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._exchange = exchange
        self._transport = transport
        self._flow = flow
        self.status = status
        self.sent = 0

    def prepare(self) -> bytes:
        """Prepare connection and exchange for the head of the response; return the head's lines that frame the body."""
        exchange = self._exchange
        if (connection := self._transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)
        exchange.headers.pop(b"expect", None)  # 100 (Continue) precedes the response or is not sent
        if exchange.is_http_1_0:
            exchange.keep_alive = False
            return b""
        return b"transfer-encoding: chunked\r\n" if exchange.operation.sends_body else b""

    async def send(self, chunk: bytes) -> None:
        """Send a chunk; return when the client has fetched enough for the next one to be made."""
        self._write(chunk)
        if self._flow.write_paused:
            await self._flow.drain()
        else:
            await asyncio.sleep(0)  # other tasks run, however fast chunks are made and fetched

    def _write(self, chunk: bytes) -> None:
        self.sent += len(chunk)
        if not chunk or self._transport.is_closing():  # an empty chunk would be the end
            pass
        elif self._exchange.is_http_1_0:
            self._transport.write(chunk)
        elif len(chunk) <= MAX_COPIED_BYTES:
            self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        else:
            self._transport.writelines((b"%x\r\n" % len(chunk), chunk, b"\r\n"))

    def end(self) -> None:
        """Send the end; then let the connection go on to the next request, or close it."""
        exchange = self._exchange
        if not self._transport.is_closing() and exchange.operation.sends_body and not exchange.is_http_1_0:
            self._transport.write(b"0\r\n\r\n")
        exchange.connection.end_stream(exchange)

    def conclude(self, chunk: bytes) -> None:
        """Send a last chunk and the end, although earlier chunks have not been fetched yet.

        The end of the service does not wait until they are: the stream is cut then.
        """
        if self._flow.write_paused and self._exchange.connection.is_ending:
            self.cut()
            return
        self._write(chunk)
        self.end()

    def cut(self) -> None:
        """Close the connection without an end; by a reset to an HTTP/1.0 client, which would take a close for the end."""
        exchange = self._exchange
        exchange.complete()
        if self._transport.is_closing():
            return
        if exchange.is_http_1_0 and (connection := self._transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
