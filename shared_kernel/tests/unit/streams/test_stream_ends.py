"""What ends a streaming response before its last chunk, and its line in the access log."""

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.application import streams
from test_support.http.stream_messages import NEWS, OTHER, STREAM, read
from test_support.http.stream_stubs import ChunkSource
from test_support.http.stub_service import StubVerifier, run
from test_support.http.stub_streams import make_streaming_service
from test_support.http.wire import Connection, Server, settle


@pytest.mark.parametrize(
    "behind", [b"", OTHER, b"GET /not-yet-wh", b"POST /notes HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"]
)
@pytest.mark.parametrize("paused", [False, True])
async def test_stream_is_closed_when_the_client_disconnects(
    connection: Connection, source: ChunkSource, behind: bytes, paused: bool
) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"first")
    await settle()
    if paused:
        protocol.pause_writing()
        source.send(b"second", b"third")
        await settle()
    protocol.data_received(behind)
    protocol.connection_lost(None)
    await settle()
    assert (source.opened, source.closed) == (1, 1)
    assert not wire.written.endswith(b"0\r\n\r\n")


async def test_stream_is_closed_when_the_client_disconnects_before_the_first_chunk(
    connection: Connection, source: ChunkSource
) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    await settle()
    protocol.connection_lost(None)
    await settle()
    assert (source.opened, source.closed, wire.written) == (1, 1, b"")


async def test_shutdown_ends_streams_immediately(server: Server, source: ChunkSource) -> None:
    connections = [server.connect() for _ in range(100)]
    for protocol, _ in connections:
        protocol.data_received(STREAM)
        source.send(b"first")
    await settle()
    for protocol, _ in connections:
        protocol.shutdown()
    await settle()
    assert (source.opened, source.closed) == (100, 100)
    assert all(wire.aborted and read(wire.written)[2:] == (b"first", False) for _, wire in connections)
    assert not server.state.tasks


async def test_shutdown_answers_503_to_streams_that_have_sent_nothing(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM + STREAM)
    await settle()
    protocol.shutdown()
    await settle()
    responses = wire.written.split(b"HTTP/1.1 ")[1:]
    assert [response[:3] for response in responses] == [b"503", b"503"]
    assert source.opened == source.closed == 1
    assert wire.closing


async def test_shutdown_answers_503_to_a_stream_that_has_just_begun(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    protocol.shutdown()
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert wire.closing
    assert not server.state.tasks


async def test_stream_that_ignores_cancellation_is_aborted(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM.replace(b"/stream", b"/stubborn"))
    await settle()
    protocol.shutdown()
    await settle()
    assert wire.closing
    assert not server.state.tasks


async def test_malformed_request_behind_a_stream_is_answered_behind_it(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"first")
    await settle()
    protocol.data_received(b"no http\r\n\r\n")
    protocol.data_received(OTHER)
    source.send(b"last", None)
    await settle()
    stream, rejection = wire.written.split(b"HTTP/1.1 ")[1:]
    assert stream.endswith(b"5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n")
    assert rejection.startswith(b"400 ")
    assert wire.is_finished
    assert not wire.aborted


async def test_malformed_request_after_a_stream_is_rejected(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"first", None)
    await settle()
    protocol.data_received(b"no http\r\n\r\n")
    assert wire.written.count(b"HTTP/1.1 400 ") == 1
    assert not wire.aborted


async def test_malformed_request_behind_a_stream_that_has_sent_nothing_is_answered_behind_it(
    connection: Connection, source: ChunkSource
) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM + b"no http\r\n\r\n")
    await settle()
    assert wire.written == b""
    source.send(b"first", None)
    await settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"200", b"400"]
    assert wire.is_finished


async def test_stream_ends_with_a_client_that_closes_its_half(connection: Connection, source: ChunkSource) -> None:
    protocol, _ = connection
    protocol.data_received(STREAM)
    await settle()
    assert not protocol.eof_received()
    source.send(b"first")
    await settle()
    assert not protocol.eof_received()


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("why", ["token", "shutdown", "error", "bug"])
async def test_stream_with_a_conclusion_ends_with_it(
    server: Server, source: ChunkSource, verifier: StubVerifier, monkeypatch: pytest.MonkeyPatch, why: str, is_slow: bool
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.01)
    protocol, wire = server.connect()
    protocol.data_received(NEWS.replace(b"/news", b"/bulletins"))
    source.send(b"first")
    await settle()
    if is_slow:
        protocol.pause_writing()
    if why == "token":
        verifier.refused.add("anna")
    elif why == "shutdown":
        protocol.shutdown()
    else:
        source.send(RuntimeError("boom") if why == "bug" else StoreUnavailableError("away"))
    await source.closings.get()
    await settle()
    reason = {"token": b"AccessTokenRevokedError", "shutdown": b"ShuttingDownError", "error": b"StoreUnavailableError"}.get(why)
    if reason is None or (why == "shutdown" and is_slow):  # the end of the service does not wait for slow clients
        assert wire.aborted
        assert not wire.written.endswith(b"0\r\n\r\n")
        return
    assert not wire.aborted
    assert wire.closing == (why == "shutdown")
    assert read(wire.written)[2:] == (b"first" + reason, True)
    if why != "shutdown":
        protocol.resume_writing()
        protocol.data_received(OTHER)
        await settle()
        assert wire.written.count(b"HTTP/1.1 200 OK") == 2


async def test_stream_ends_with_the_callers_token(
    server: Server, source: ChunkSource, verifier: StubVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.01)
    source.send(b"first")
    begun, unbegun, unguarded = (server.connect() for _ in range(3))
    begun[0].data_received(NEWS)
    await settle()
    unbegun[0].data_received(NEWS)
    unguarded[0].data_received(STREAM)
    await asyncio.sleep(0.05)
    assert not begun[1].closing
    verifier.refused.add("anna")
    await source.closings.get()
    await source.closings.get()
    await settle()
    assert begun[1].aborted
    assert read(unbegun[1].written)[0] == 401
    assert not unguarded[1].written
    verifier.refused.clear()
    begun[0].connection_lost(None)
    again = server.connect()
    again[0].data_received(NEWS)
    source.send(b"x", b"y")
    await settle()
    verifier.refused.add("anna")
    await source.closings.get()  # the timer runs again


async def test_stream_is_logged_once_when_it_ends(
    server: Server, source: ChunkSource, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    service = make_streaming_service(source)
    async with run(service):
        server = Server(service)
        for disconnects in (False, True):
            protocol, _ = server.connect()
            protocol.data_received(STREAM)
            source.send(b"12345", b"678")
            await settle()
            assert "request" not in capsys.readouterr().out
            if disconnects:
                protocol.connection_lost(None)
            else:
                source.send(None)
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
