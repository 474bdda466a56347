"""The server without anything above it: a small handler instead of routing, FastAPI and a container."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from uvicorn.server import ServerState

from shared_kernel.presentation.http.server.connections import Connections
from shared_kernel.presentation.http.server.errors import HeadTooLargeError, MalformedRequestError
from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.handler import Found
from shared_kernel.presentation.http.server.protocol import HttpProtocol
from shared_kernel.presentation.http.server.request_reader import MAX_HEAD_BYTES
from shared_kernel.presentation.http.server.response import Headers, Response
from test_support.http.wire import Wire, settle


@dataclass
class EchoOperation:
    """Implements Operation."""

    takes_body: bool = True
    takes_stream: bool = False
    waits: bool = False
    sends_body: bool = True
    max_body_bytes: int = 10


@dataclass
class EchoHandler:
    """Implements Handler: answers with the body, in the next turn of the event loop."""

    errors: list[Exception] = field(default_factory=list)
    disconnected: list[Exchange] = field(default_factory=list)

    @property
    def common_fields(self) -> Headers:
        return ((b"x-common", b"1"),)

    def find(self, method: bytes, target: bytes) -> Found | None:  # noqa: ARG002
        return (EchoOperation(), {}, b"") if method == b"POST" else None

    def identify(self, headers: Mapping[bytes, bytes]) -> str:
        return headers.get(b"x-request-id", b"new").decode()

    def check(self, exchange: Exchange) -> bool:  # noqa: ARG002
        return True

    def begin(self, exchange: Exchange) -> None:
        asyncio.get_running_loop().call_soon(exchange.connection.respond, exchange, Response(exchange.take_body()))

    def refuse(self, exchange: Exchange, error: Exception) -> None:
        self.errors.append(error)
        exchange.connection.respond(exchange, Response(b"", 413))

    def client_disconnected(self, exchange: Exchange) -> None:
        self.disconnected.append(exchange)

    def stop_waiting(self, exchange: Exchange) -> None:
        """Do nothing: no operation waits."""

    def await_arrival(self, exchange: Exchange) -> None:
        """Do nothing: no operation waits."""

    def render_error(self, error: Exception, request_id: str, headers: Mapping[bytes, bytes]) -> Response:  # noqa: ARG002
        self.errors.append(error)
        return Response(b"", 400)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def handler() -> EchoHandler:
    return EchoHandler()


@pytest.fixture
async def protocol(handler: EchoHandler) -> HttpProtocol:
    return HttpProtocol(Connections(handler, ServerState(), {}))


@pytest.fixture
async def wire(protocol: HttpProtocol) -> Wire:
    wire = Wire()
    protocol.connection_made(wire)
    return wire


def post(body: bytes, number: int = 0) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\nX-Request-ID: %d\r\n\r\n%b" % (len(body), number, body)


async def test_operations_and_asgi_requests_are_answered_in_order(protocol: HttpProtocol, wire: Wire) -> None:
    protocol.data_received(post(b"first", 1) + b"GET /absent HTTP/1.1\r\nHost: service\r\n\r\n" + post(b"last", 3))
    await settle()
    first, between, last = wire.written.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 ")
    assert first.endswith(b"x-request-id: 1\r\n\r\nfirst")
    assert [b"x-common: 1\r\n" in response for response in (first, between, last)] == [True, False, True]
    assert between.startswith(b"404 ")
    assert last.endswith(b"x-request-id: 3\r\n\r\nlast")


async def test_body_beyond_the_operations_limit_is_rejected(protocol: HttpProtocol, wire: Wire, handler: EchoHandler) -> None:
    protocol.data_received(post(b"x" * 11))
    assert wire.written.startswith(b"HTTP/1.1 413 ")
    assert [str(error) for error in handler.errors] == ["The body is longer than 10 bytes."]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ([b"no request\r\n\r\n"], MalformedRequestError),
        ([b"GET / HTTP/1.1\r\nHost: service\r\n", b"X: " + b"x" * MAX_HEAD_BYTES, b"x"], HeadTooLargeError),
        ([b"GET http://[ HTTP/1.1\r\nHost: service\r\n\r\n"], MalformedRequestError),
    ],
)
async def test_malformed_request_is_rejected_and_the_connection_closed(
    protocol: HttpProtocol, wire: Wire, handler: EchoHandler, sent: list[bytes], error: type[Exception]
) -> None:
    for data in sent:
        protocol.data_received(data)
    assert [type(raised) for raised in handler.errors] == [error]
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.is_finished


async def test_malformed_request_behind_an_asgi_response_gets_no_answer_into_it(
    protocol: HttpProtocol, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send_slowly(_: EchoHandler, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await asyncio.sleep(3600)

    monkeypatch.setattr(EchoHandler, "__call__", send_slowly)
    protocol.data_received(b"GET /absent HTTP/1.1\r\nHost: a\r\n\r\n")
    await settle()
    protocol.data_received(b"no request\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert not wire.closing


async def test_request_behind_a_closed_connection_is_not_run(protocol: HttpProtocol, wire: Wire, handler: EchoHandler) -> None:
    refused = (
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n"
    )
    protocol.data_received(refused + post(b"late"))
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 2  # 100 (Continue) and the error
    assert b"late" not in wire.written
    assert len(handler.errors) == 1


async def test_disconnect_during_a_request_is_reported(protocol: HttpProtocol, wire: Wire, handler: EchoHandler) -> None:
    protocol.data_received(post(b"body")[:-1])
    protocol.connection_lost(None)
    assert [exchange.is_abandoned for exchange in handler.disconnected] == [True]
    assert wire.written == b""


async def test_connections_of_two_servers_share_nothing(handler: EchoHandler) -> None:
    first, second = (HttpProtocol(Connections(handler, ServerState(), {})) for _ in range(2))
    first.connection_made(Wire())
    assert first._shared is not second._shared
    assert len(first._shared.state.connections) == 1
    assert not second._shared.state.connections
