"""Connections: order of responses, pipelining, bodies, slow readers."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_support.http.messages import NOTE, POST, find_ids
from test_support.http.stub_service import GOOD_TOKEN, Errand, make_service, run
from test_support.http.wire import Connection, Server, settle

GET = b"GET /caller HTTP/1.1\r\nhost: service\r\nauthorization: Bearer %b\r\nx-request-id: %%d\r\n\r\n" % GOOD_TOKEN.encode()
UNAUTHENTICATED = b"GET /caller HTTP/1.1\r\nhost: service\r\nx-request-id: %d\r\n\r\n"
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nhost: service\r\nx-request-id: %d\r\n\r\n"


async def test_connection_serves_one_request_after_another(connection: Connection) -> None:
    protocol, wire = connection
    for number in range(3):
        protocol.data_received(GET % number)
        await settle()
    assert find_ids(wire) == [0, 1, 2]
    assert not wire.closing


async def test_requests_sent_together_are_answered_in_order(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(GET % 0 + DOCUMENT % 1 + UNAUTHENTICATED % 2 + DOCUMENT % 3 + GET % 4 + GET % 5)
    assert not wire.reading
    await settle()
    assert find_ids(wire) == [0, 1, 2, 3, 4, 5]
    assert wire.reading


async def test_thousands_of_requests_sent_together_are_answered(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"".join(UNAUTHENTICATED % number for number in range(3000)))
    await settle(3100)
    assert find_ids(wire) == list(range(3000))


async def test_request_may_arrive_byte_by_byte(connection: Connection) -> None:
    protocol, wire = connection
    for byte in GET % 7:
        protocol.data_received(bytes([byte]))
    await settle()
    assert find_ids(wire) == [7]


async def test_body_of_a_rejected_request_is_skipped(connection: Connection, errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(b"POST /private/notes HTTP/1.1\r\nhost: service\r\nx-request-id: 1\r\ncontent-length: 40\r\n\r\n")
    assert b" 401 " in wire.written
    protocol.data_received(b"GET /errand HTTP/1.1\r\n\r\n".ljust(40))
    protocol.data_received(GET % 2)
    await settle()
    assert find_ids(wire) == [1, 2]
    assert errand.runs == 0


async def test_100_continue_is_sent_when_the_head_is_acceptable(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"expect: 100-continue\r\ncontent-length: 16\r\n\r\n")
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    protocol.data_received(NOTE)
    await settle()
    assert b"HTTP/1.1 201 Created\r\n" in wire.written
    assert not wire.closing


async def test_rejection_of_a_request_that_expects_100_continue_closes_the_connection(connection: Connection) -> None:
    # The client may send the body or not: the next bytes could be the body or another request.
    protocol, wire = connection
    protocol.data_received(POST + b"expect: 100-continue\r\ncontent-length: 1000\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in wire.written
    assert wire.ended
    protocol.data_received(b"GET /errand HTTP/1.1\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "request_", [b"GET /errand HTTP/1.0\r\n\r\n", b"GET /errand HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"]
)
async def test_connection_is_closed_after_the_response_if_the_client_wants_that(connection: Connection, request_: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(request_)
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in wire.written
    assert wire.closing


async def test_trailers_are_ignored(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(
        b"POST /private/notes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b"10\r\n" + NOTE + b"\r\n0\r\nauthorization: Bearer " + GOOD_TOKEN.encode() + b"\r\n\r\n"
    )
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 401 ")


async def test_next_request_waits_until_the_client_has_fetched_responses(connection: Connection) -> None:
    protocol, wire = connection
    protocol.pause_writing()  # as the transport does while its buffer is full
    assert not wire.reading
    protocol.data_received(GET % 0 + GET % 1)  # was on its way
    await settle()
    assert find_ids(wire) == [0]
    protocol.resume_writing()
    await settle()
    assert find_ids(wire) == [0, 1]
    assert wire.reading


async def test_order_is_kept_while_writing_is_paused_and_resumed(connection: Connection) -> None:
    protocol, wire = connection
    protocol.pause_writing()
    protocol.data_received(UNAUTHENTICATED % 0)  # answered immediately, into the buffer
    protocol.data_received(GET % 1 + GET % 2)  # were on their way
    protocol.resume_writing()
    await settle()
    assert find_ids(wire) == [0, 1, 2]


STEPS = st.lists(st.sampled_from(["call", "refuse", "document", "pause", "resume", "turn"]), max_size=40)


@given(steps=STEPS, piece=st.sampled_from([1, 30, 100_000]))
async def test_order_is_kept_in_any_interleaving(steps: list[str], piece: int) -> None:
    requests = {"call": GET, "refuse": UNAUTHENTICATED, "document": DOCUMENT}
    service = make_service(Errand())
    async with run(service):
        protocol, wire = Server(service).connect()
        sent = 0
        for step in steps:
            if step in requests:
                data = requests[step] % sent
                for start in range(0, len(data), piece):
                    protocol.data_received(data[start : start + piece])
                sent += 1
            elif step == "pause":
                protocol.pause_writing()
            elif step == "resume":
                protocol.resume_writing()
            else:
                await asyncio.sleep(0)
        protocol.resume_writing()
        await settle(20 + 20 * sent)
    assert find_ids(wire) == list(range(sent))
    assert wire.reading


async def test_connect_is_answered_and_the_connection_closed(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"CONNECT service:80 HTTP/1.1\r\nhost: service\r\n\r\n")
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 ")
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert wire.closing


async def test_only_a_connection_without_a_whole_request_is_idle(connection: Connection, errand: Errand) -> None:
    protocol, _ = connection
    now = asyncio.get_running_loop().time()
    assert protocol.timeouts.is_idle_since(now + 1)
    assert not protocol.timeouts.is_idle_since(now - 1)
    protocol.data_received(POST + b"content-length: 16\r\n\r\n{")
    assert protocol.timeouts.is_idle_since(now + 1)
    protocol.data_received(NOTE[1:])
    assert not protocol.timeouts.is_idle_since(now + 1)
    await settle()
    assert errand.runs == 1
    assert protocol.timeouts.is_idle_since(now + 1)
