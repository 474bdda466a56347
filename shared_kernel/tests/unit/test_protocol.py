"""What happens on a connection: one request after another, several at once, slow readers, ends."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.presentation.http.server.protocol import HttpProtocol
from test_support.http.stub_service import GOOD_TOKEN, Errand, make_service, run
from test_support.http.wire import Server, Wire, settle

GET = b"GET /caller HTTP/1.1\r\nhost: service\r\nauthorization: Bearer %b\r\nx-request-id: %%d\r\n\r\n" % GOOD_TOKEN.encode()
REFUSED = b"GET /caller HTTP/1.1\r\nhost: service\r\nx-request-id: %d\r\n\r\n"
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nhost: service\r\nx-request-id: %d\r\n\r\n"
POST = b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\n"
NOTE = b'{"text":"hello"}'


def find_ids(wire: Wire) -> list[int]:
    lines = wire.written.split(b"\r\n")
    return [int(line.removeprefix(b"x-request-id: ")) for line in lines if line.startswith(b"x-request-id: ")]


async def test_a_connection_serves_one_request_after_another(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    for number in range(3):
        protocol.data_received(GET % number)
        await settle()
    assert find_ids(wire) == [0, 1, 2]
    assert not wire.closing


async def test_requests_sent_together_are_answered_in_order(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(GET % 0 + DOCUMENT % 1 + REFUSED % 2 + DOCUMENT % 3 + GET % 4 + GET % 5)
    assert not wire.reading
    await settle()
    assert find_ids(wire) == [0, 1, 2, 3, 4, 5]
    assert wire.reading


async def test_thousands_of_requests_sent_together_are_answered(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"".join(REFUSED % number for number in range(3000)))
    await settle(3100)
    assert find_ids(wire) == list(range(3000))


async def test_a_request_may_arrive_byte_by_byte(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    for byte in GET % 7:
        protocol.data_received(bytes([byte]))
    await settle()
    assert find_ids(wire) == [7]


async def test_a_body_behind_a_request_that_was_refused_is_skipped(connection: tuple[HttpProtocol, Wire], errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(b"POST /private/notes HTTP/1.1\r\nx-request-id: 1\r\ncontent-length: 40\r\n\r\n")
    assert b" 401 " in wire.written
    protocol.data_received(b"GET /errand HTTP/1.1\r\n\r\n".ljust(40))
    protocol.data_received(GET % 2)
    await settle()
    assert find_ids(wire) == [1, 2]
    assert errand.runs == 0


async def test_a_body_is_asked_for_when_the_head_is_in_order(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"expect: 100-continue\r\ncontent-length: 16\r\n\r\n")
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    protocol.data_received(NOTE)
    await settle()
    assert b"HTTP/1.1 201 Created\r\n" in wire.written
    assert not wire.closing


async def test_a_refused_client_that_asks_first_is_not_listened_to_any_longer(connection: tuple[HttpProtocol, Wire]) -> None:
    # It may send the body or not: what came next could be the body or another request.
    protocol, wire = connection
    protocol.data_received(POST + b"expect: 100-continue\r\ncontent-length: 1000\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in wire.written
    assert wire.ended
    protocol.data_received(b"GET /errand HTTP/1.1\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("request_", [b"GET /errand HTTP/1.0\r\n\r\n", b"GET /errand HTTP/1.1\r\nconnection: close\r\n\r\n"])
async def test_a_client_may_want_one_answer_only(connection: tuple[HttpProtocol, Wire], request_: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(request_)
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in wire.written
    assert wire.closing


async def test_what_follows_a_body_as_a_trailer_is_no_header(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(
        b"POST /private/notes HTTP/1.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b"10\r\n" + NOTE + b"\r\n0\r\nauthorization: Bearer " + GOOD_TOKEN.encode() + b"\r\n\r\n"
    )
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 401 ")


async def test_a_client_that_does_not_fetch_its_answers_gets_no_further_ones(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.pause_writing()  # as the transport does while its buffer is full
    assert not wire.reading
    protocol.data_received(GET % 0 + GET % 1)  # had been on its way
    await settle()
    assert find_ids(wire) == [0]
    protocol.resume_writing()
    await settle()
    assert find_ids(wire) == [0, 1]
    assert wire.reading


async def test_order_is_kept_while_a_client_stops_and_goes_on_fetching(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.pause_writing()
    protocol.data_received(REFUSED % 0)  # answered at once, into the buffer
    protocol.data_received(GET % 1 + GET % 2)  # had been on their way
    protocol.resume_writing()
    await settle()
    assert find_ids(wire) == [0, 1, 2]


STEPS = st.lists(st.sampled_from(["call", "refuse", "document", "pause", "resume", "turn"]), max_size=40)


@given(steps=STEPS, piece=st.sampled_from([1, 30, 100_000]))
async def test_order_is_kept_whatever_the_client_does(steps: list[str], piece: int) -> None:
    requests = {"call": GET, "refuse": REFUSED, "document": DOCUMENT}
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


async def test_who_wants_a_tunnel_is_answered_and_let_go(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"CONNECT service:80 HTTP/1.1\r\n\r\n")
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 ")
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert wire.closing


WISH = b"Connection: upgrade\r\nuPgRaDe: h2c\r\n"


@pytest.mark.parametrize("at_once", [1, 7, 60, 1000])
async def test_a_wish_for_another_protocol_is_ignored(
    connection: tuple[HttpProtocol, Wire], errand: Errand, at_once: int
) -> None:
    protocol, wire = connection
    posts = POST + WISH + b"content-length: 16\r\n\r\n" + NOTE
    chunked = POST + b"transfer-encoding: chunked\r\n" + WISH + b"\r\n10\r\n" + NOTE + b"\r\n0\r\n\r\n"
    absent = b"GET /absent HTTP/1.1\r\n" + WISH + b"\r\n"
    requests = posts + chunked + absent + posts
    for begin in range(0, len(requests), at_once):
        protocol.data_received(requests[begin : begin + at_once])
    await settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"201", b"201", b"404", b"201"]
    assert errand.runs == 3
    assert not wire.closing


async def test_a_wish_for_another_protocol_does_not_keep_who_would_go(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /errand HTTP/1.1\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n")
    await settle()
    assert wire.closing


async def test_nonsense_behind_a_wish_for_another_protocol_is_refused(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /errand HTTP/1.1\r\n" + WISH + b"\r\nnonsense\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 400 ") == 1
    assert wire.closing


async def test_thousands_of_wishes_at_once_are_ignored(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received((b"GET /absent HTTP/1.1\r\n" + WISH + b"\r\n") * 3000)
    await settle(turns=2 * 3000 + 20)
    assert wire.written.count(b"HTTP/1.1 404 ") == 3000


async def test_only_a_connection_without_a_whole_request_is_idle(connection: tuple[HttpProtocol, Wire], errand: Errand) -> None:
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


async def test_a_server_that_ends_closes_idle_connections_at_once(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.shutdown()
    assert wire.closing


async def test_a_server_that_ends_answers_the_request_that_is_arriving(
    connection: tuple[HttpProtocol, Wire], server: Server
) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"content-length: 16\r\n\r\n{")
    protocol.shutdown()
    assert len(server.state.tasks) == 1
    assert not wire.closing
    protocol.data_received(NOTE[1:])
    await settle()
    assert b"HTTP/1.1 201 " in wire.written
    assert wire.closing
    assert not server.state.tasks


async def test_a_request_that_never_arrives_is_told_that_the_server_ends(
    connection: tuple[HttpProtocol, Wire], server: Server
) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"content-length: 16\r\n\r\n{")
    protocol.shutdown()
    await settle()
    (task,) = server.state.tasks
    task.cancel()
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert b"shutting-down" in wire.written
    assert wire.ended
