"""Answers that are made while they are sent: when chunks are asked for, and every way in which a stream ends."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.application import streams
from shared_kernel.presentation.http.server import protocol as protocol_module
from shared_kernel.presentation.http.server import timeouts
from shared_kernel.presentation.http.server.protocol import HttpProtocol
from shared_kernel.presentation.http.server.timeouts import IDLE_SECONDS, MIN_PROGRESS_BYTES, SLOW_SECONDS
from test_support.http.stub_service import GOOD_TOKEN, Errand, StubVerifier, run
from test_support.http.stub_streams import MAX_REQUESTS_UNDER_WAY, Tap, make_streaming_service
from test_support.http.wire import Server, Wire, settle

STREAM = b"GET /stream HTTP/1.1\r\nhost: service\r\nx-request-id: the-stream\r\n\r\n"
NEWS = b"GET /news HTTP/1.1\r\nhost: service\r\nauthorization: Bearer %b\r\n\r\n" % GOOD_TOKEN.encode()
OTHER = b"GET /errand HTTP/1.1\r\nhost: service\r\n\r\n"

Connection = tuple[HttpProtocol, Wire]


@pytest.fixture
def tap() -> Tap:
    return Tap()


@pytest.fixture
def errand() -> Errand:
    return Errand()


@pytest.fixture
def verifier() -> StubVerifier:
    return StubVerifier()


@pytest.fixture
async def server(tap: Tap, errand: Errand, verifier: StubVerifier) -> AsyncIterator[Server]:
    service = make_streaming_service(tap, errand, verifier)
    async with run(service):
        yield Server(service)


def read(written: bytes, method: str = "GET") -> tuple[int, dict[str, str], bytes, bool]:
    """Return the status, the header and the body of the first answer, and whether it is whole."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "service")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written)
    body = b""
    head = client.next_event()
    assert isinstance(head, h11.Response)
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    fields = {name.decode(): value.decode() for name, value in head.headers}
    return head.status_code, fields, body, isinstance(event, h11.EndOfMessage)


async def test_chunks_are_sent_when_they_are_made(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    await settle()
    assert wire.written == b""
    tap.pour(b"first\n")
    await settle()
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert body == b"6\r\nfirst\n\r\n"
    assert b"content-length" not in head
    tap.pour(b"second, longer\n")
    await settle()
    assert wire.written.endswith(b"\r\nf\r\nsecond, longer\n\r\n")
    tap.pour(None)
    await settle()
    status, fields, content, is_whole = read(wire.written)
    assert (status, content, is_whole) == (200, b"first\nsecond, longer\n", True)
    assert fields["content-type"] == "application/x-ndjson"
    assert fields["cache-control"] == "no-store"
    assert fields["x-request-id"] == "the-stream"
    assert not wire.closing


async def test_an_empty_chunk_sends_the_head_and_is_no_end(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"")
    await settle()
    assert wire.written.endswith(b"\r\n\r\n")
    assert read(wire.written)[2:] == (b"", False)
    tap.pour(b"a", b"", b"b", None)
    await settle()
    assert read(wire.written)[2:] == (b"ab", True)


async def test_a_stream_may_have_no_chunk(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(None)
    await settle()
    assert read(wire.written)[2:] == (b"", True)
    assert not wire.closing


async def test_a_large_chunk_is_sent_as_one(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"x" * 1_000_000, None)
    await settle()
    assert read(wire.written)[2:] == (b"x" * 1_000_000, True)


async def test_what_was_asked_behind_a_stream_is_answered_behind_it(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(OTHER + STREAM + OTHER + STREAM + OTHER)
    tap.pour(b"first")
    await settle()
    assert wire.written.count(b"HTTP/1.1 200 OK") == 2
    tap.pour(None, b"second", None)
    await settle(40)
    answers = wire.written.split(b"HTTP/1.1 200 OK")[1:]
    assert [b"chunked" in answer for answer in answers] == [False, True, False, True, False]
    assert b"first" in answers[1]
    assert b"second" in answers[3]
    assert wire.reading


async def test_a_client_of_http_1_0_gets_plain_chunks_until_the_connection_ends(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /stream HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    tap.pour(b"first", b"", b"second", None)
    await settle()
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert b"transfer-encoding" not in head
    assert body == b"firstsecond"
    assert wire.closing
    assert not wire.aborted


async def test_a_client_may_want_one_stream_only(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    tap.pour(b"first", None)
    await settle()
    assert read(wire.written)[2:] == (b"first", True)
    assert wire.closing
    assert not wire.aborted


async def test_head_gets_the_head_and_nothing_is_made(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"GET", b"HEAD"))
    await settle()
    status, fields, body, is_whole = read(wire.written, "HEAD")
    assert (status, body, is_whole) == (200, b"", True)
    assert fields["content-type"] == "application/x-ndjson"
    assert "transfer-encoding" not in fields
    assert wire.written.endswith(b"\r\n\r\n")
    assert wire.written.count(b"\r\n\r\n") == 1
    assert tap.opened == 0
    assert not wire.closing


async def test_an_operation_that_may_stream_may_answer_otherwise(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"/stream", b"/perhaps?version=1"))
    await settle()
    assert read(wire.written)[0] == 304
    assert protocol.timeouts.is_idle_since(asyncio.get_running_loop().time() + 1)
    protocol.data_received(STREAM.replace(b"/stream", b"/perhaps?version=x"))
    await settle()
    assert b"HTTP/1.1 422 " in wire.written
    wire.written = b""
    protocol.data_received(STREAM.replace(b"/stream", b"/perhaps"))
    tap.pour(None)
    await settle()
    assert read(wire.written)[0] == 203


async def test_an_error_before_the_first_chunk_is_answered(connection: Connection, tap: Tap, errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(StoreUnavailableError("The database is away."))
    await settle()
    status, fields, body, _ = read(wire.written)
    assert (status, fields["content-type"]) == (503, "application/problem+json")
    assert json.loads(body)["type"] == "urn:problem-type:store-unavailable"
    wire.written = b""
    errand.error = RuntimeError("secret")
    protocol.data_received(STREAM.replace(b"/stream", b"/perhaps"))
    await settle()
    assert read(wire.written)[0] == 500
    assert not wire.closing


@pytest.mark.parametrize("error", [RuntimeError("boom"), StoreUnavailableError("away")])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_an_error_after_that_cuts_the_connection(
    connection: Connection, tap: Tap, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
    error: Exception, version: bytes,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"1.1", version))
    tap.pour(b"first", error)
    await settle()
    assert wire.aborted
    assert b"first" in wire.written
    assert not wire.written.endswith(b"0\r\n\r\n")
    assert tap.closed == 1
    told = capsys.readouterr().out
    assert str(error) in told
    assert "the-stream" in told


async def test_the_next_chunk_waits_for_the_client(connection: Connection, tap: Tap) -> None:
    protocol, _ = connection
    protocol.data_received(STREAM)
    tap.pour(b"first")
    await settle()
    protocol.pause_writing()  # as the transport does when its buffer is full
    tap.pour(*[b"more"] * 10)
    await settle()
    assert tap.taken == 2  # the one that was waited for
    await settle()
    assert tap.taken == 2
    protocol.resume_writing()
    await settle(40)
    assert tap.taken == 11


@pytest.mark.parametrize("behind", [b"", OTHER, b"GET /not-yet-wh", b"POST /notes HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"])
@pytest.mark.parametrize("paused", [False, True])
async def test_a_client_that_goes_closes_its_stream(connection: Connection, tap: Tap, behind: bytes, paused: bool) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"first")
    await settle()
    if paused:
        protocol.pause_writing()
        tap.pour(b"second", b"third")
        await settle()
    protocol.data_received(behind)
    protocol.connection_lost(None)
    await settle()
    assert (tap.opened, tap.closed) == (1, 1)
    assert not wire.written.endswith(b"0\r\n\r\n")


async def test_a_client_that_goes_before_the_first_chunk_closes_its_stream(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    await settle()
    protocol.connection_lost(None)
    await settle()
    assert (tap.opened, tap.closed, wire.written) == (1, 1, b"")


async def test_a_server_that_ends_ends_its_streams_at_once(server: Server, tap: Tap) -> None:
    connections = [server.connect() for _ in range(100)]
    for protocol, _ in connections:
        protocol.data_received(STREAM)
        tap.pour(b"first")
    await settle()
    for protocol, _ in connections:
        protocol.shutdown()
    await settle()
    assert (tap.opened, tap.closed) == (100, 100)
    assert all(wire.aborted and read(wire.written)[2:] == (b"first", False) for _, wire in connections)
    assert not server.state.tasks


async def test_a_stream_that_has_sent_nothing_when_the_server_ends_is_told(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM + STREAM)
    await settle()
    protocol.shutdown()
    await settle()
    answers = wire.written.split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"503", b"503"]
    assert tap.opened == tap.closed == 1
    assert wire.closing


async def test_a_stream_that_will_not_end_is_cut_all_the_same(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"/stream", b"/stubborn"))
    await settle()
    protocol.shutdown()
    await settle()
    assert wire.closing
    assert not server.state.tasks


async def test_a_stream_that_never_waits_lets_others_have_their_turn(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"/stream", b"/endless"))
    await settle()
    other, other_wire = server.connect()
    other.data_received(OTHER)
    await settle()
    assert b" 200 OK" in other_wire.written
    protocol.connection_lost(None)
    await settle()
    so_far = len(wire.written)
    await settle()
    assert len(wire.written) == so_far


async def test_a_client_that_fetches_nothing_for_long_is_slow(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"first")
    await settle()
    begin = asyncio.get_running_loop().time()
    protocol.enforce_timeouts(begin + 2 * SLOW_SECONDS)  # there is nothing to fetch
    wire.unsent = 100_000
    protocol.pause_writing()
    protocol.enforce_timeouts(begin + SLOW_SECONDS - 1)
    wire.unsent -= MIN_PROGRESS_BYTES
    protocol.enforce_timeouts(begin + SLOW_SECONDS + 1)
    wire.unsent -= MIN_PROGRESS_BYTES - 1
    protocol.enforce_timeouts(begin + 2 * SLOW_SECONDS)
    assert not wire.aborted
    protocol.enforce_timeouts(begin + 2 * SLOW_SECONDS + 2)
    assert wire.aborted


async def test_what_is_no_http_behind_a_stream_gets_no_answer_into_it(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"first")
    await settle()
    protocol.data_received(b"no http\r\n\r\n")
    assert wire.aborted
    assert wire.written.count(b"HTTP/1.1 ") == 1


async def test_what_is_no_http_behind_a_stream_that_has_ended_is_refused(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    tap.pour(b"first", None)
    await settle()
    protocol.data_received(b"no http\r\n\r\n")
    assert wire.written.count(b"HTTP/1.1 400 ") == 1
    assert not wire.aborted


async def test_a_stream_that_may_be_compressed_is(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(NEWS.replace(b"\r\n\r\n", b"\r\naccept-encoding: gzip\r\n\r\n"))
    tap.pour(b"first", b"second", None)
    await settle(40)
    _, fields, body, _ = read(wire.written)
    assert (fields["content-encoding"], fields["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(body) == b"firstsecond"


async def test_what_is_no_http_ends_a_stream_that_has_sent_nothing(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM + b"no http\r\n\r\n")
    tap.pour(b"first")
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert b"first" not in wire.written


async def test_slow_clients_are_cut_off_and_idle_ones_let_go(server: Server, tap: Tap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(protocol_module, "IDLE_SECONDS", -1.0)
    slow, healthy, idle = (server.connect() for _ in range(3))
    tap.pour(b"first", b"first")
    for protocol, _ in (slow, healthy):
        protocol.data_received(STREAM)
    await settle()
    slow[0].pause_writing()
    idle[0]._shared.sweep._sweep(asyncio.get_running_loop())
    assert slow[1].aborted
    assert idle[1].closing
    assert not idle[1].aborted
    assert not healthy[1].closing


async def test_a_stream_is_never_idle(connection: Connection, tap: Tap) -> None:
    protocol, wire = connection
    later = asyncio.get_running_loop().time() + IDLE_SECONDS
    behind = b"POST /notes HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n"
    protocol.data_received(STREAM + behind)
    tap.pour(b"first")
    await settle()
    protocol.timeouts.waiting_since = 0.0  # the second request has begun to arrive long ago
    protocol.enforce_timeouts(later + 1)
    assert not wire.closing
    tap.pour(None)
    await settle()
    protocol.enforce_timeouts(later)
    assert not wire.closing
    assert protocol.timeouts.is_idle_since(later + 1)
    protocol.data_received(b'{"text":"hello"}')
    await settle()
    assert b"HTTP/1.1 201 " in wire.written
    protocol.enforce_timeouts(later + IDLE_SECONDS)
    assert wire.closing


async def test_streams_take_no_places_at_the_door(server: Server, tap: Tap) -> None:
    tap.pour(*[b"first"] * 3 * MAX_REQUESTS_UNDER_WAY)
    connections = [server.connect() for _ in range(3 * MAX_REQUESTS_UNDER_WAY)]
    for protocol, _ in connections:
        protocol.data_received(STREAM)
    await settle()
    other, wire = server.connect()
    other.data_received(OTHER)
    await settle()
    assert b" 200 OK" in wire.written


async def test_there_are_so_many_streams_and_no_more(server: Server, tap: Tap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_STREAMS", 2)
    tap.pour(b"a", b"b")
    first, second, third = (server.connect() for _ in range(3))
    for protocol, _ in (first, second, third):
        protocol.data_received(STREAM)
    await settle()
    assert third[1].written.startswith(b"HTTP/1.1 503 ")
    assert b"urn:problem-type:busy" in third[1].written
    first[0].connection_lost(None)
    await settle()
    third[0].data_received(STREAM)
    await settle()
    assert tap.opened == 3


async def test_a_stream_ends_with_its_callers_token(
    server: Server, tap: Tap, verifier: StubVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.01)
    tap.pour(b"first")
    begun, unbegun, unguarded = (server.connect() for _ in range(3))
    begun[0].data_received(NEWS)
    await settle()
    unbegun[0].data_received(NEWS)
    unguarded[0].data_received(STREAM)
    await asyncio.sleep(0.05)
    assert not begun[1].closing
    verifier.refused.add("anna")
    await tap.closings.get()
    await tap.closings.get()
    await settle()
    assert begun[1].aborted
    assert read(unbegun[1].written)[0] == 401
    assert not unguarded[1].written
    verifier.refused.clear()
    begun[0].connection_lost(None)
    again = server.connect()
    again[0].data_received(NEWS)
    tap.pour(b"x", b"y")
    await settle()
    verifier.refused.add("anna")
    await tap.closings.get()  # the timer runs again


async def test_a_stream_is_one_line_in_the_log_when_it_ends(
    server: Server, tap: Tap, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    service = make_streaming_service(tap)
    async with run(service):
        server = Server(service)
        for client_goes in (False, True):
            protocol, _ = server.connect()
            protocol.data_received(STREAM)
            tap.pour(b"12345", b"678")
            await settle()
            assert "request" not in capsys.readouterr().out
            if client_goes:
                protocol.connection_lost(None)
            else:
                tap.pour(None)
            await settle()
        protocol, _ = server.connect()
        protocol.data_received(STREAM)
        await settle()
        protocol.connection_lost(None)
        await settle()
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["method"], line["route"], line["status"], line["bytes"]) for line in lines] == [
        ("GET", "/stream", 200, 8), ("GET", "/stream", 200, 8), ("GET", "/stream", 499, 0),
    ]  # fmt: skip


@given(
    chunks=st.lists(st.binary(max_size=300), max_size=20),
    steps=st.lists(st.sampled_from(["pour", "pause", "resume", "turn", "ask"]), max_size=60),
)
async def test_what_arrives_is_what_was_made_whatever_the_client_does(chunks: list[bytes], steps: list[str]) -> None:
    tap, left, asked = Tap(), list(chunks), 0
    service = make_streaming_service(tap)
    async with run(service):
        protocol, wire = Server(service).connect()
        protocol.data_received(STREAM)
        for step in steps:
            if step == "pour" and left:
                tap.pour(left.pop(0))
            elif step == "pause":
                protocol.pause_writing()
            elif step == "resume":
                protocol.resume_writing()
            elif step == "ask":
                protocol.data_received(OTHER)
                asked += 1
            else:
                await asyncio.sleep(0)
        protocol.resume_writing()
        tap.pour(*left, None)
        await settle(100 + 20 * asked)
    assert read(wire.written)[2:] == (b"".join(chunks), True)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 1 + asked
    assert tap.closed == 1
