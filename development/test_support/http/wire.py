"""An HTTP client connected to the server's protocol in memory, byte for byte."""

import asyncio
from typing import Any

import h11
import httpx
import uvicorn
from uvicorn.server import ServerState

from shared_kernel.presentation.http.application.http_service import HttpService
from shared_kernel.presentation.http.server.protocol import HttpProtocol
from shared_kernel.presentation.http.server.run import ProtocolFactory


class Wire(asyncio.Transport):
    """Transport of the server's side of a connection: records what the protocol writes."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 4711), "sockname": ("192.0.2.1", 80)})
        self.written = b""
        self.closing = False
        self.aborted = False
        self.ended = False
        self.reading = True
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is sent."""
        return self.closing or self.ended

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Server:
    """Makes connections to a service."""

    def __init__(self, service: HttpService) -> None:
        self._make_protocol = ProtocolFactory()
        self._config = uvicorn.Config(service, ws="none", lifespan="off", log_config=None, proxy_headers=False)
        self._config.load()
        self.state = ServerState()

    def connect(self) -> tuple[HttpProtocol, Wire]:
        protocol, wire = self._make_protocol(self._config, self.state, {}, None), Wire()
        protocol.connection_made(wire)
        return protocol, wire


Connection = tuple[HttpProtocol, Wire]


async def settle(turns: int = 20) -> None:
    """Let the event loop run that many turns."""
    for _ in range(turns):
        await asyncio.sleep(0)


class WireTransport(httpx.AsyncBaseTransport):
    """Gives each request a connection of its own and stops sending a body once the response has arrived."""

    def __init__(self, service: HttpService) -> None:
        self._server = Server(service)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        protocol, wire = self._server.connect()
        try:
            return await self._exchange(protocol, wire, request)
        finally:
            protocol.connection_lost(None)

    async def _exchange(self, protocol: HttpProtocol, wire: Wire, request: httpx.Request) -> httpx.Response:
        is_chunked = request.headers.get("transfer-encoding") == "chunked"
        target = request.extensions.get("target", request.url.raw_path)
        head = [b"%b %b HTTP/1.1" % (request.method.encode(), target)]
        head += [b"%b: %b" % field for field in request.headers.raw]
        protocol.data_received(b"\r\n".join(head) + b"\r\n\r\n")
        assert isinstance(request.stream, httpx.AsyncByteStream)
        chunks = aiter(request.stream)
        response = Response(request.method)
        while not response.read(wire):
            chunk = await anext(chunks, None)
            if chunk is None:
                break
            protocol.data_received(b"%x\r\n%b\r\n" % (len(chunk), chunk) if is_chunked else chunk)
            await asyncio.sleep(0)
        else:
            return response.response
        if is_chunked:
            protocol.data_received(b"0\r\n\r\n")
        while not response.read(wire):
            assert not wire.closing, wire.written
            await asyncio.sleep(0.001)
        return response.response


class Response:
    """A response that arrives in parts."""

    def __init__(self, method: str) -> None:
        self._connection = h11.Connection(h11.CLIENT)
        self._connection.send(h11.Request(method=method, target="/", headers=[("host", "service")]))
        self._connection.send(h11.EndOfMessage())
        self._head: Any = None
        self._body = b""
        self._taken = 0

    def read(self, wire: Wire) -> bool:
        """Read what has been written; return whether the response is whole."""
        if len(wire.written) > self._taken:
            self._connection.receive_data(wire.written[self._taken :])
            self._taken = len(wire.written)
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Response):
                self._head = event
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return True
            elif not isinstance(event, h11.InformationalResponse):
                return False

    @property
    def response(self) -> httpx.Response:
        return httpx.Response(self._head.status_code, headers=self._head.headers.raw_items(), content=self._body)
