"""Streaming bodies that are rejected, malformed, too long, or that do not arrive."""

import asyncio
import gzip
import zlib

import pytest

from shared_kernel.presentation.http.application import streams
from shared_kernel.presentation.http.routing.body_stream import ClientGoneError
from shared_kernel.presentation.http.routing.errors import MalformedBodyError
from shared_kernel.presentation.http.server.errors import BodyTooLargeError
from test_support.http.stream_messages import CHUNKED, OTHER, TYPE, announce, chunk, read_json
from test_support.http.stream_stubs import BodyReader
from test_support.http.stub_service import GOOD_TOKEN, Errand, StubVerifier
from test_support.http.stub_streams import Lines
from test_support.http.wire import Connection, Server, settle


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
async def test_request_is_rejected_by_its_head(
    connection: Connection, reader: BodyReader, errand: Errand, request_: bytes, status: int
) -> None:
    protocol, wire = connection
    protocol.data_received(request_)
    await settle()
    assert read_json(wire)[0] == status
    assert b"connection: close" in wire.written
    assert reader.begun == 0
    assert wire.ended
    protocol.data_received(b"x" * 10 + OTHER)  # read, so that the response is not lost, and ignored
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert errand.runs == 0


async def test_request_behind_a_rejected_body_is_not_run(connection: Connection, errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/private/lines") + b"x" * 10 + OTHER + b"no http\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert errand.runs == 0


@pytest.mark.parametrize("sent", [b"", b"x" * 10])
async def test_disconnected_client_is_an_error_of_the_body(connection: Connection, reader: BodyReader, sent: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(announce(1000) + sent)
    await settle()
    protocol.connection_lost(None)
    await settle()
    assert [type(error) for error in reader.errors] == [ClientGoneError]
    assert wire.written == b""


async def test_controller_that_has_the_whole_body_goes_on_without_the_client(connection: Connection, reader: BodyReader) -> None:
    protocol, _ = connection
    reader.may_go_on.clear()
    protocol.data_received(announce(10) + b"x" * 10)
    await settle()
    protocol.connection_lost(None)
    reader.may_go_on.set()
    await settle()
    assert reader.errors == []


async def test_malformed_chunk_ends_the_request(connection: Connection, reader: BodyReader) -> None:
    protocol, wire = connection
    protocol.data_received(CHUNKED + chunk(b"first"))
    await settle()
    protocol.data_received(b"no chunk\r\n")
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.closing
    protocol.connection_lost(None)
    await settle()
    assert [type(error) for error in reader.errors] == [ClientGoneError]
    assert wire.written.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"x" * 1000)[:-1], gzip.compress(b"x") + b"rubbish", zlib.compress(b"x"),
     gzip.compress(b"x" * 1000)[:-8] + bytes(8)],
    ids=["empty", "no gzip", "cut short", "rubbish behind", "zlib", "wrong checksum"],
)  # fmt: skip
async def test_invalid_gzip_is_rejected(connection: Connection, reader: BodyReader, body: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(announce(len(body), b"/lines", b"content-encoding: gzip") + body)
    await settle()
    assert read_json(wire)[0] == 400
    assert [type(error) for error in reader.errors] == [MalformedBodyError]


@pytest.mark.parametrize("body", [gzip.compress(bytes(10_000_000)), gzip.compress(b"") * 50_000], ids=["bomb", "empty members"])
async def test_decompression_bomb_is_read_no_further_than_the_limit(
    connection: Connection, reader: BodyReader, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(Lines, "max_bytes", 500_000)
    protocol, wire = connection
    protocol.data_received(CHUNKED.replace(TYPE, TYPE + b"content-encoding: gzip\r\n"))
    for start in range(0, len(body), 20_000):
        protocol.data_received(chunk(body[start : start + 20_000]))
    await settle(500)
    assert read_json(wire)[0] == 413
    assert [type(error) for error in reader.errors] == [BodyTooLargeError]


async def test_body_beyond_the_limit_is_read_no_further(
    connection: Connection, reader: BodyReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lines, "max_bytes", 100)
    protocol, wire = connection
    protocol.data_received(CHUNKED + chunk(b"x" * 100))
    await settle()
    assert wire.written == b""
    protocol.data_received(chunk(b"x"))
    await settle()
    assert read_json(wire)[0] == 413
    assert [type(error) for error in reader.errors] == [BodyTooLargeError]
    assert wire.ended


async def test_shutdown_waits_for_a_body(connection: Connection, server: Server) -> None:
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


async def test_shutdown_answers_503_to_a_body_that_does_not_arrive_in_time(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10) + b"x" * 5)
    await settle()
    protocol.shutdown()
    (task,) = server.state.tasks
    task.cancel()
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert b"shutting-down" in wire.written


async def test_body_is_read_until_the_callers_token_ends(
    server: Server, verifier: StubVerifier, reader: BodyReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.01)
    authorization = b"authorization: Bearer " + GOOD_TOKEN.encode()
    waiting, reading = server.connect(), server.connect()
    waiting[0].data_received(announce(10, b"/private/lines", authorization) + b"some")
    await settle()
    reader.may_go_on.clear()
    reading[0].data_received(announce(10, b"/private/lines", authorization) + b"some")
    await asyncio.sleep(0.05)
    assert reader.begun == 2
    assert not waiting[1].written
    assert not reading[1].written
    verifier.refused.add("anna")
    await asyncio.wait(set(server.state.tasks), timeout=10)
    for _, wire in (waiting, reading):
        status, problem = read_json(wire)
        assert (status, problem["type"]) == (401, "urn:problem-type:invalid-token")
