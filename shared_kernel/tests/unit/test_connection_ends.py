"""The end of a connection: what is no request behind requests, a client that closes its half, HTTP/1.0."""

import asyncio
import gc
import re
import weakref

import pytest

from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.protocol import HttpProtocol
from test_support.http.stub_service import GOOD_TOKEN, Errand
from test_support.http.wire import Server, Wire, settle

POST = b"POST /notes HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n"
NOTE = b'{"text":"hello"}'
WRITE = POST + b"X-Request-ID: %d\r\nContent-Length: 16\r\n\r\n" + NOTE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSED = b"GET /caller HTTP/1.1\r\nHost: service\r\nX-Request-ID: %d\r\n\r\n"
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: service\r\nX-Request-ID: %d\r\n\r\n"
PRIVATE = b"POST /private/notes HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n"

NO_REQUESTS = {
    "no HTTP": b"garbage\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01",
    "broken head": b"GET /errand HTTP/1.1\r\nHost: service\r\nbad header\r\n\r\n",
    "no host": b"GET /errand HTTP/1.1\r\n\r\n",
    "broken chunk": CHUNKED + b"zz\r\n",
    "broken target": b"GET http://[ HTTP/1.1\r\nHost: service\r\n\r\n",
}


def find_statuses(wire: Wire) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", wire.written)]


def find_ids(wire: Wire) -> list[bytes]:
    return re.findall(rb"x-request-id: (\w+)\r\n", wire.written)


@pytest.mark.parametrize("no_request", NO_REQUESTS.values(), ids=NO_REQUESTS)
@pytest.mark.parametrize("at_once", [True, False])
async def test_requests_before_a_malformed_one_are_answered_first(
    connection: tuple[HttpProtocol, Wire], errand: Errand, no_request: bytes, at_once: bool
) -> None:
    protocol, wire = connection
    requests = WRITE % 0 + REFUSED % 1 + DOCUMENT % 2 + WRITE % 3
    for sent in [requests + no_request] if at_once else [requests, no_request]:
        protocol.data_received(sent)
    protocol.data_received(WRITE % 5)  # what follows is not taken for a request
    await settle()
    assert find_statuses(wire) == [201, 401, 200, 201, 400]
    assert find_ids(wire)[:4] == [b"0", b"1", b"2", b"3"]
    assert wire.is_finished
    assert errand.runs == 2


async def test_malformed_request_behind_responses_that_are_not_fetched_is_answered(
    connection: tuple[HttpProtocol, Wire],
) -> None:
    protocol, wire = connection
    protocol.pause_writing()
    protocol.data_received(WRITE % 0 + WRITE % 1 + b"garbage\r\n\r\n")
    await settle()
    assert find_statuses(wire) == [201]
    protocol.resume_writing()
    await settle()
    assert find_statuses(wire) == [201, 201, 400]
    assert wire.is_finished


async def test_request_whose_body_is_malformed_is_answered_once(connection: tuple[HttpProtocol, Wire], errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(CHUNKED + b"10\r\n" + NOTE + b"\r\n")
    await settle()
    protocol.data_received(b"zz\r\n")
    await settle()
    assert find_statuses(wire) == [400]
    assert wire.closing
    assert errand.runs == 0


@pytest.mark.parametrize("request_", [PRIVATE, PRIVATE.replace(b"/private/notes", b"/absent")])
async def test_request_that_was_answered_gets_no_other_response_for_its_body(
    connection: tuple[HttpProtocol, Wire], request_: bytes
) -> None:
    protocol, wire = connection
    protocol.data_received(request_)
    await settle()
    assert len(find_statuses(wire)) == 1
    protocol.data_received(b"zz\r\n")
    assert len(find_statuses(wire)) == 1
    assert wire.is_finished


async def test_malformed_body_of_a_request_that_asgi_serves_is_answered_once(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(PRIVATE.replace(b"/private/notes", b"/absent") + b"zz\r\n")
    await settle()
    assert find_statuses(wire) == [400]
    assert wire.closing


async def test_connection_that_waits_to_reject_is_not_idle(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, _ = connection
    protocol.data_received(WRITE % 0 + b"garbage\r\n\r\n")
    assert not protocol.timeouts.is_idle_since(asyncio.get_running_loop().time() + 1)


async def test_client_that_closes_its_half_receives_its_responses(connection: tuple[HttpProtocol, Wire], errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(WRITE % 0 + REFUSED % 1 + DOCUMENT % 2 + WRITE % 3)
    assert protocol.eof_received()
    await settle()
    assert find_statuses(wire) == [201, 401, 200, 201]
    assert wire.written.count(b"connection: close\r\n") == 1
    assert wire.closing
    assert errand.runs == 2


async def test_malformed_request_is_answered_although_the_client_closes_its_half(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(WRITE % 0 + b"garbage\r\n\r\n")
    assert protocol.eof_received()
    await settle()
    assert find_statuses(wire) == [201, 400]
    assert wire.closing


@pytest.mark.parametrize("rest", [WRITE[:-1], b"GET /errand HTT", PRIVATE + b"1\r\n{\r\n", DOCUMENT.replace(b"\r\n\r\n", b"")])
async def test_request_that_will_never_arrive_is_not_waited_for(
    connection: tuple[HttpProtocol, Wire], errand: Errand, rest: bytes
) -> None:
    protocol, wire = connection
    protocol.data_received(WRITE % 0 + REFUSED % 1 + rest)
    assert protocol.eof_received()
    await settle()
    assert find_statuses(wire) == [201, 401]
    assert wire.closing
    assert errand.runs == 1


@pytest.mark.parametrize("sent", [b"", WRITE % 0, b"GET /errand HTT", WRITE[:-1], WRITE % 0 + b"GET"])
async def test_connection_without_a_response_to_send_ends_with_its_client(
    connection: tuple[HttpProtocol, Wire], sent: bytes
) -> None:
    protocol, _ = connection
    protocol.data_received(sent)
    await settle()
    assert not protocol.eof_received()


async def test_response_that_is_not_fetched_is_kept_for_a_client_that_closed_its_half(
    connection: tuple[HttpProtocol, Wire],
) -> None:
    protocol, wire = connection
    protocol.pause_writing()
    protocol.data_received(WRITE % 0 + WRITE % 1)
    await settle()
    assert protocol.eof_received()
    protocol.resume_writing()
    await settle()
    assert find_statuses(wire) == [201, 201]
    assert wire.closing


EXPECTING = POST.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n"


@pytest.mark.parametrize("path", [b"/notes", b"/absent", b"/private/notes"])
async def test_http_1_0_is_not_asked_to_continue(connection: tuple[HttpProtocol, Wire], path: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(EXPECTING.replace(b"/notes", path))
    await settle()
    protocol.data_received(NOTE)
    await settle()
    assert 100 not in find_statuses(wire)
    assert len(find_statuses(wire)) == 1
    assert wire.is_finished


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 50\r\n\r\n{",
        CHUNKED + b"1\r\n{\r\n" * 20,
        CHUNKED + b"1\r\n{\r\n" * 200,
        WRITE % 0 + CHUNKED + b"1\r\n{\r\n" * 20,
        CHUNKED + b"1\r\n{\r\nzz\r\n",
        PRIVATE + b"1\r\n{\r\n",
        PRIVATE.replace(b"/private/notes", b"/absent") + b"1\r\n{\r\n",
        POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 50\r\n\r\n{",
        b"POST /private/notes HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        + GOOD_TOKEN.encode() + b"\r\nContent-Length: 50\r\n\r\n{",
    ],
)  # fmt: skip
@pytest.mark.parametrize("later", [False, True])
async def test_memory_of_a_connection_is_freed_with_it(server: Server, sent: bytes, later: bool) -> None:
    def count_exchanges() -> int:
        return sum(isinstance(one, Exchange) for one in gc.get_objects())

    gc.collect()
    before = count_exchanges()
    gc.disable()
    try:
        protocol, wire = server.connect()
        protocol.data_received(sent)
        if later:
            await settle()
        gone = weakref.ref(protocol)
        protocol.connection_lost(None)
        del protocol, wire
        await settle()
        assert gone() is None
        assert count_exchanges() == before
    finally:
        gc.enable()
