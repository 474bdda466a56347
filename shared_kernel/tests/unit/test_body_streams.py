"""Bodies that are read while they arrive: how much of them, how fast, and what becomes of those that do not arrive."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.presentation.http.application import streams
from shared_kernel.presentation.http.routing.body_stream import ClientGoneError
from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.server import protocol as protocol_module
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from shared_kernel.presentation.http.server.protocol import MAX_UNREAD_BYTES, HttpProtocol
from shared_kernel.presentation.http.server.timeouts import MIN_PROGRESS_BYTES, SLOW_SECONDS
from test_support.http.stub_service import GOOD_TOKEN, Errand, StubVerifier, run
from test_support.http.stub_streams import MAX_REQUESTS_UNDER_WAY, Lines, Sink, make_streaming_service
from test_support.http.wire import Server, Wire, settle

TYPE = b"content-type: application/x-ndjson\r\n"
CHUNKED = b"POST /lines HTTP/1.1\r\nhost: service\r\n" + TYPE + b"transfer-encoding: chunked\r\n\r\n"
OTHER = b"GET /errand HTTP/1.1\r\nhost: service\r\n\r\n"
END = b"0\r\n\r\n"

Connection = tuple[HttpProtocol, Wire]


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def errand() -> Errand:
    return Errand()


@pytest.fixture
def verifier() -> StubVerifier:
    return StubVerifier()


@pytest.fixture
async def server(sink: Sink, errand: Errand, verifier: StubVerifier) -> AsyncIterator[Server]:
    service = make_streaming_service(errand=errand, sink=sink, verifier=verifier)
    async with run(service):
        yield Server(service)


def announce(length: int, path: bytes = b"/lines", *fields: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nhost: service\r\n%b%bcontent-length: %d\r\n\r\n" % (
        path, TYPE, b"".join(field + b"\r\n" for field in fields), length,
    )  # fmt: skip


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def read_answer(wire: Wire) -> tuple[int, dict[str, object]]:
    head, _, body = wire.written.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


async def test_the_controller_has_chunks_before_the_body_has_arrived(connection: Connection, sink: Sink) -> None:
    protocol, wire = connection
    sink.keeps = True
    protocol.data_received(CHUNKED)
    await settle()
    assert sink.begun == 1
    protocol.data_received(chunk(b"first\n") + chunk(b"second\n"))
    await settle()
    assert sink.taken == b"first\nsecond\n"
    protocol.data_received(chunk(b"third\n") + END)
    await settle()
    assert read_answer(wire) == (200, {"length": 19, "chunks": 2})
    assert not wire.closing


@pytest.mark.parametrize("length", [0, 1, 1000])
async def test_a_body_may_come_with_its_head(connection: Connection, length: int) -> None:
    protocol, wire = connection
    protocol.data_received(announce(length) + b"x" * length + OTHER)
    await settle(40)
    assert b'{"length":%d,' % length in wire.written
    assert wire.written.count(b"HTTP/1.1 200 ") == 2


async def test_a_request_without_a_body_has_none(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"POST /lines HTTP/1.1\r\n" + TYPE + b"\r\n")
    await settle()
    assert read_answer(wire) == (200, {"length": 0, "chunks": 0})


async def test_a_client_waits_until_what_it_has_sent_is_taken(connection: Connection, sink: Sink) -> None:
    protocol, wire = connection
    sink.is_open.clear()
    protocol.data_received(announce(10 * MAX_UNREAD_BYTES) + b"x")
    await settle()
    protocol.data_received(b"x" * (MAX_UNREAD_BYTES - 1))
    assert wire.reading
    protocol.data_received(b"x")
    assert not wire.reading
    sink.is_open.set()
    await settle()
    assert wire.reading
    protocol.data_received(b"x" * (9 * MAX_UNREAD_BYTES - 1))
    await settle()
    assert read_answer(wire)[1]["length"] == 10 * MAX_UNREAD_BYTES
    assert wire.reading


async def test_a_body_is_asked_for_when_it_is_wanted(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/lines", b"expect: 100-continue"))
    assert wire.written == b""
    await settle()
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    protocol.data_received(b"x" * 5)
    await settle()
    protocol.data_received(b"x" * 5)
    await settle()
    assert wire.written.count(b"100 Continue") == 1
    assert b'"length":10' in wire.written
    assert not wire.closing


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (announce(10, b"/private/lines"), 401),
        (announce(10, b"/private/lines", b"expect: 100-continue"), 401),
        (announce(1_000_000_001), 413),
        (announce(10, b"/lines", b"content-encoding: br"), 415),
        (announce(10, b"/lines", b"content-encoding: gzip, gzip"), 415),
        (announce(10).replace(TYPE, b"content-type: application/json\r\n"), 415),
        (announce(10).replace(TYPE, b""), 415),
        (announce(10, b"/lines?at_most=x"), 422),
    ],
)
async def test_a_request_is_refused_by_its_head(
    connection: Connection, sink: Sink, errand: Errand, request_: bytes, status: int
) -> None:
    protocol, wire = connection
    protocol.data_received(request_)
    await settle()
    assert read_answer(wire)[0] == status
    assert b"connection: close" in wire.written
    assert sink.begun == 0
    assert wire.ended
    protocol.data_received(b"x" * 10 + OTHER)  # taken, so that the answer is not lost, and that is all
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert errand.runs == 0


async def test_who_may_send_is_let_send(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(3, b"/private/lines", b"authorization: Bearer " + GOOD_TOKEN.encode()) + b"abc")
    await settle()
    assert read_answer(wire) == (200, {"length": 3, "chunks": 1})


async def test_an_answer_in_the_middle_of_the_body_closes_the_connection_behind_it(
    connection: Connection, errand: Errand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol_module, "LINGER_SECONDS", 0.01)
    protocol, wire = connection
    protocol.data_received(announce(1000, b"/lines?at_most=5") + b"x" * 5)
    await settle()
    assert read_answer(wire) == (200, {"length": 5, "chunks": 1})
    assert b"connection: close" in wire.written
    assert wire.ended
    assert not wire.closing
    assert wire.reading
    protocol.data_received(b"x" * 995 + OTHER)
    await asyncio.sleep(0.05)
    assert wire.closing
    assert errand.runs == 0


async def test_a_request_behind_a_body_that_is_answered_before_its_end_is_not_run(connection: Connection, errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/private/lines") + b"x" * 10 + OTHER + b"no http\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert errand.runs == 0


async def test_a_body_that_is_whole_need_not_be_read(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(OTHER + announce(10, b"/lines?at_most=1") + b"x" * 10 + OTHER)
    await settle(40)
    assert wire.written.count(b"HTTP/1.1 200 ") == 3
    assert not wire.closing


@pytest.mark.parametrize("sent", [b"", b"x" * 10])
async def test_a_client_that_goes_is_an_error_of_the_body(connection: Connection, sink: Sink, sent: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(announce(1000) + sent)
    await settle()
    protocol.connection_lost(None)
    await settle()
    assert [type(error) for error in sink.errors] == [ClientGoneError]
    assert wire.written == b""


async def test_a_controller_that_has_the_whole_body_ends_its_work_without_the_client(connection: Connection, sink: Sink) -> None:
    protocol, _ = connection
    sink.is_open.clear()
    protocol.data_received(announce(10) + b"x" * 10)
    await settle()
    protocol.connection_lost(None)
    sink.is_open.set()
    await settle()
    assert sink.errors == []


async def test_what_is_no_chunk_ends_the_request(connection: Connection, sink: Sink) -> None:
    protocol, wire = connection
    protocol.data_received(CHUNKED + chunk(b"first"))
    await settle()
    protocol.data_received(b"no chunk\r\n")
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.closing
    protocol.connection_lost(None)
    await settle()
    assert [type(error) for error in sink.errors] == [ClientGoneError]
    assert wire.written.count(b"HTTP/1.1 ") == 1


async def test_a_server_that_ends_lets_a_body_arrive(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10) + b"x" * 5)
    await settle()
    protocol.shutdown()
    await settle()
    assert len(server.state.tasks) == 1
    protocol.data_received(b"x" * 5)
    await settle()
    assert b'"length":10' in wire.written
    assert wire.closing
    assert not server.state.tasks


async def test_a_body_that_does_not_arrive_in_time_is_told_that_the_server_ends(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10) + b"x" * 5)
    await settle()
    protocol.shutdown()
    (task,) = server.state.tasks
    task.cancel()
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert b"shutting-down" in wire.written


async def test_a_body_longer_than_the_limit_is_read_no_further(
    connection: Connection, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lines, "max_bytes", 100)
    protocol, wire = connection
    protocol.data_received(CHUNKED + chunk(b"x" * 100))
    await settle()
    assert wire.written == b""
    protocol.data_received(chunk(b"x"))
    await settle()
    assert read_answer(wire)[0] == 413
    assert [type(error) for error in sink.errors] == [BodyTooLargeError]
    assert wire.ended


async def test_a_slow_sender_is_cut_off_and_one_that_waits_for_us_is_not(connection: Connection, sink: Sink) -> None:
    protocol, wire = connection
    now = round(asyncio.get_running_loop().time())  # whole seconds add up exactly
    protocol.enforce_timeouts(now)
    protocol.data_received(announce(1_000_000))
    await settle()
    protocol.enforce_timeouts(now + SLOW_SECONDS - 1)
    protocol.data_received(b"x" * MIN_PROGRESS_BYTES)
    await settle()
    protocol.enforce_timeouts(now + SLOW_SECONDS + 1)
    protocol.data_received(b"x" * (MIN_PROGRESS_BYTES - 2))
    await settle()
    assert protocol.timeouts.sends_slowly(now + 2 * SLOW_SECONDS + 1, protocol.streaming)
    sink.is_open.clear()
    protocol.data_received(b"x")
    await settle()
    protocol.enforce_timeouts(now + 9 * SLOW_SECONDS)  # it has been waiting for us, and is not idle either
    sink.is_open.set()
    await settle()
    protocol.enforce_timeouts(now + 9 * SLOW_SECONDS + 1)
    protocol.data_received(b"x" * (MIN_PROGRESS_BYTES - 1))
    await settle()
    assert not wire.closing
    protocol.enforce_timeouts(now + 10 * SLOW_SECONDS)
    assert wire.aborted


async def test_bodies_take_no_places_at_the_door(server: Server) -> None:
    for _ in range(3 * MAX_REQUESTS_UNDER_WAY):
        protocol, _ = server.connect()
        protocol.data_received(announce(10))
    await settle()
    other, wire = server.connect()
    other.data_received(OTHER)
    await settle()
    assert b" 200 OK" in wire.written


async def test_gzip_is_decoded(connection: Connection, sink: Sink) -> None:
    sink.keeps = True
    protocol, wire = connection
    lines = b"".join(b'{"key":"%d"}\n' % number for number in range(20_000))
    body = gzip.compress(lines[:100_000]) + gzip.compress(lines[100_000:])
    protocol.data_received(announce(len(body), b"/lines", b"content-encoding: GZip"))
    for start in range(0, len(body), 1000):
        protocol.data_received(body[start : start + 1000])
        await settle(5)
    await settle(100)
    assert b" 200 OK" in wire.written
    assert sink.taken == lines


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"x" * 1000)[:-1], gzip.compress(b"x") + b"rubbish", zlib.compress(b"x"),
     gzip.compress(b"x" * 1000)[:-8] + bytes(8)],
    ids=["empty", "no gzip", "cut short", "rubbish behind", "zlib", "wrong checksum"],
)  # fmt: skip
async def test_what_is_not_gzip_is_malformed(connection: Connection, sink: Sink, body: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(announce(len(body), b"/lines", b"content-encoding: gzip") + body)
    await settle()
    assert read_answer(wire)[0] == 400
    assert [type(error) for error in sink.errors] == [MalformedBodyError]


@pytest.mark.parametrize("body", [gzip.compress(bytes(10_000_000)), gzip.compress(b"") * 50_000], ids=["bomb", "empty members"])
async def test_a_bomb_is_read_no_further_than_the_limit(
    connection: Connection, sink: Sink, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(Lines, "max_bytes", 500_000)
    protocol, wire = connection
    protocol.data_received(CHUNKED.replace(TYPE, TYPE + b"content-encoding: gzip\r\n"))
    for start in range(0, len(body), 20_000):
        protocol.data_received(chunk(body[start : start + 20_000]))
    await settle(500)
    assert read_answer(wire)[0] == 413
    assert [type(error) for error in sink.errors] == [BodyTooLargeError]


async def test_a_body_can_be_answered_while_it_arrives(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/echo", b"expect: 100-continue"))
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    protocol.data_received(b"12345")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n12345\r\n")
    protocol.data_received(b"67890")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n67890\r\n" + END)
    assert b"100 Continue" not in wire.written  # it would come behind the answer's head
    protocol.data_received(OTHER)
    await settle()
    assert wire.written.count(b"HTTP/1.1 200 ") == 2


async def test_a_stream_that_ends_before_the_body_closes_the_connection_behind_it(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/echo?at_most=5") + b"12345")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n12345\r\n" + END)
    assert wire.ended


async def test_a_body_is_taken_as_long_as_its_callers_token_is_good(
    server: Server, verifier: StubVerifier, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.01)
    authorization = b"authorization: Bearer " + GOOD_TOKEN.encode()
    waiting, taking = server.connect(), server.connect()
    waiting[0].data_received(announce(10, b"/private/lines", authorization) + b"some")
    await settle()
    sink.is_open.clear()
    taking[0].data_received(announce(10, b"/private/lines", authorization) + b"some")
    await asyncio.sleep(0.05)
    assert sink.begun == 2
    assert not waiting[1].written
    assert not taking[1].written
    verifier.refused.add("anna")
    await asyncio.wait(set(server.state.tasks), timeout=10)
    for _, wire in (waiting, taking):
        status, problem = read_answer(wire)
        assert (status, problem["type"]) == (401, "urn:problem-type:invalid-token")


async def test_there_are_so_many_bodies_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_BODIES", 1)
    first, second, third = (server.connect() for _ in range(3))
    first[0].data_received(announce(10))
    second[0].data_received(announce(10))
    assert second[1].written.startswith(b"HTTP/1.1 503 ")
    first[0].data_received(b"x" * 10)
    await settle()
    third[0].data_received(announce(1) + b"x")
    await settle()
    assert third[1].written.startswith(b"HTTP/1.1 200 ")


async def test_bodies_are_documented() -> None:
    async with run(make_streaming_service()) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    operation = paths["/lines"]["post"]
    assert operation["requestBody"] == {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in ("application/x-ndjson", "text/plain")},
    }
    assert {"400", "413", "415", "422", "503"} <= set(operation["responses"])
    assert [parameter["name"] for parameter in operation["parameters"]] == ["at_most"]
    assert paths["/private/lines"]["post"]["requestBody"]["content"] == {
        "application/x-ndjson": {"itemSchema": {"type": "object"}}
    }


@given(
    body=st.binary(max_size=2000),
    cuts=st.lists(st.integers(1, 300), min_size=1, max_size=30),
    steps=st.lists(st.sampled_from(["arrive", "hold", "let", "turn"]), max_size=80),
    is_coded=st.booleans(),
    at_most=st.sampled_from([1, 500, 10_000]),
)
async def test_what_is_taken_is_what_was_sent_whatever_happens(
    body: bytes, cuts: list[int], steps: list[str], is_coded: bool, at_most: int
) -> None:
    sink, errand = Sink(), Errand()
    sink.keeps = True
    service = make_streaming_service(errand=errand, sink=sink)
    sent = gzip.compress(body) if is_coded else body
    stream = bytearray(OTHER + announce(len(sent), b"/lines?at_most=%d" % at_most, *[b"content-encoding: gzip"] * is_coded))
    stream += sent + OTHER
    async with run(service):
        protocol, wire = Server(service).connect()

        def arrive(step: int) -> None:
            length = cuts[step % len(cuts)]
            if stream:
                protocol.data_received(bytes(stream[:length]))
                del stream[:length]

        for number, step in enumerate(steps):
            if step == "arrive" and wire.reading:
                arrive(number)
            elif step == "hold":
                sink.is_open.clear()
            elif step == "let":
                sink.is_open.set()
            else:
                await asyncio.sleep(0)
        sink.is_open.set()
        while stream:
            await settle(3)
            arrive(0)
        await settle(200)
    assert body.startswith(sink.taken)
    assert sink.taken == body or len(sink.taken) >= at_most
    answers = wire.written.count(b"HTTP/1.1 200 OK")
    assert answers == (2 if wire.ended else 3)
    assert errand.runs == answers - 1
