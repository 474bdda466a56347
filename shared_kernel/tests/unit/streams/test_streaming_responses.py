"""Responses that are made while they are sent: their framing, and errors."""

import asyncio
import gzip
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.application.availability import StoreUnavailableError
from test_support.http.stream_messages import NEWS, OTHER, STREAM, read
from test_support.http.stream_stubs import ChunkSource
from test_support.http.stub_service import Errand, run
from test_support.http.stub_streams import make_streaming_service
from test_support.http.wire import Connection, Server, settle


async def test_chunks_are_sent_when_they_are_made(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    await settle()
    assert wire.written == b""
    source.send(b"first\n")
    await settle()
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert body == b"6\r\nfirst\n\r\n"
    assert b"content-length" not in head
    source.send(b"second, longer\n")
    await settle()
    assert wire.written.endswith(b"\r\nf\r\nsecond, longer\n\r\n")
    source.send(None)
    await settle()
    status, fields, content, is_whole = read(wire.written)
    assert (status, content, is_whole) == (200, b"first\nsecond, longer\n", True)
    assert fields["content-type"] == "application/x-ndjson"
    assert fields["cache-control"] == "no-store"
    assert fields["x-request-id"] == "the-stream"
    assert not wire.closing


async def test_empty_chunk_sends_the_head_and_does_not_end_the_response(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"")
    await settle()
    assert wire.written.endswith(b"\r\n\r\n")
    assert read(wire.written)[2:] == (b"", False)
    source.send(b"a", b"", b"b", None)
    await settle()
    assert read(wire.written)[2:] == (b"ab", True)


async def test_stream_may_have_no_chunk(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(None)
    await settle()
    assert read(wire.written)[2:] == (b"", True)
    assert not wire.closing


async def test_large_chunk_is_sent_as_one(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"x" * 1_000_000, None)
    await settle()
    assert read(wire.written)[2:] == (b"x" * 1_000_000, True)


async def test_requests_behind_a_stream_are_answered_after_it(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(OTHER + STREAM + OTHER + STREAM + OTHER)
    source.send(b"first")
    await settle()
    assert wire.written.count(b"HTTP/1.1 200 OK") == 2
    source.send(None, b"second", None)
    await settle(40)
    responses = wire.written.split(b"HTTP/1.1 200 OK")[1:]
    assert [b"chunked" in response for response in responses] == [False, True, False, True, False]
    assert b"first" in responses[1]
    assert b"second" in responses[3]
    assert wire.reading


async def test_http_1_0_client_receives_unframed_chunks_until_the_connection_is_closed(
    connection: Connection, source: ChunkSource
) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /stream HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    source.send(b"first", b"", b"second", None)
    await settle()
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert b"transfer-encoding" not in head
    assert body == b"firstsecond"
    assert wire.closing
    assert not wire.aborted


async def test_connection_is_closed_after_a_stream_if_the_client_wants_that(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    source.send(b"first", None)
    await settle()
    assert read(wire.written)[2:] == (b"first", True)
    assert wire.closing
    assert not wire.aborted


async def test_head_request_makes_no_chunk(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"GET", b"HEAD"))
    await settle()
    status, fields, body, is_whole = read(wire.written, "HEAD")
    assert (status, body, is_whole) == (200, b"", True)
    assert fields["content-type"] == "application/x-ndjson"
    assert "transfer-encoding" not in fields
    assert wire.written.endswith(b"\r\n\r\n")
    assert wire.written.count(b"\r\n\r\n") == 1
    assert source.opened == 0
    assert not wire.closing


async def test_streaming_operation_may_return_a_whole_response(connection: Connection, source: ChunkSource) -> None:
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
    source.send(None)
    await settle()
    assert read(wire.written)[0] == 203


async def test_stream_that_may_be_compressed_is_compressed(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(NEWS.replace(b"\r\n\r\n", b"\r\naccept-encoding: gzip\r\n\r\n"))
    source.send(b"first", b"second", None)
    await settle(40)
    _, fields, body, _ = read(wire.written)
    assert (fields["content-encoding"], fields["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(body) == b"firstsecond"


async def test_error_before_the_first_chunk_is_answered(connection: Connection, source: ChunkSource, errand: Errand) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(StoreUnavailableError("The database is away."))
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
async def test_error_after_the_first_chunk_aborts_the_connection(
    connection: Connection, source: ChunkSource, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
    error: Exception, version: bytes,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"1.1", version))
    source.send(b"first", error)
    await settle()
    assert wire.aborted
    assert b"first" in wire.written
    assert not wire.written.endswith(b"0\r\n\r\n")
    assert source.closed == 1
    logged = capsys.readouterr().out
    assert str(error) in logged
    assert "the-stream" in logged


@given(
    chunks=st.lists(st.binary(max_size=300), max_size=20),
    steps=st.lists(st.sampled_from(["send", "pause", "resume", "turn", "ask"]), max_size=60),
)
async def test_client_receives_the_chunks_that_were_made_in_any_interleaving(chunks: list[bytes], steps: list[str]) -> None:
    source, left, asked = ChunkSource(), list(chunks), 0
    service = make_streaming_service(source)
    async with run(service):
        protocol, wire = Server(service).connect()
        protocol.data_received(STREAM)
        for step in steps:
            if step == "send" and left:
                source.send(left.pop(0))
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
        source.send(*left, None)
        await settle(100 + 20 * asked)
    assert read(wire.written)[2:] == (b"".join(chunks), True)
    assert wire.written.count(b"HTTP/1.1 200 OK") == 1 + asked
    assert source.closed == 1
