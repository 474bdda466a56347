"""How fast streams are read and written, how many there may be, and slow or idle clients."""

import asyncio

import pytest

from shared_kernel.presentation.http.application import streams
from shared_kernel.presentation.http.server import protocol as protocol_module
from shared_kernel.presentation.http.server import timeouts
from shared_kernel.presentation.http.server.protocol import MAX_UNREAD_BYTES
from shared_kernel.presentation.http.server.timeouts import IDLE_SECONDS, MIN_PROGRESS_BYTES, SLOW_SECONDS
from test_support.http.stream_messages import OTHER, STREAM, announce, read_json
from test_support.http.stream_stubs import BodyReader, ChunkSource
from test_support.http.stub_service import MAX_REQUESTS_UNDER_WAY
from test_support.http.wire import Connection, Server, settle


async def test_next_chunk_waits_for_the_client(connection: Connection, source: ChunkSource) -> None:
    protocol, _ = connection
    protocol.data_received(STREAM)
    source.send(b"first")
    await settle()
    protocol.pause_writing()  # as the transport does when its buffer is full
    source.send(*[b"more"] * 10)
    await settle()
    assert source.taken == 2  # the one for which it was waiting
    await settle()
    assert source.taken == 2
    protocol.resume_writing()
    await settle(40)
    assert source.taken == 11


async def test_stream_that_never_waits_lets_other_tasks_run(connection: Connection, server: Server) -> None:
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


async def test_client_that_fetches_too_little_is_aborted(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    protocol.data_received(STREAM)
    source.send(b"first")
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


async def test_slow_clients_are_aborted_and_idle_ones_closed(
    server: Server, source: ChunkSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(protocol_module, "IDLE_SECONDS", -1.0)
    slow, healthy, idle = (server.connect() for _ in range(3))
    source.send(b"first", b"first")
    for protocol, _ in (slow, healthy):
        protocol.data_received(STREAM)
    await settle()
    slow[0].pause_writing()
    idle[0]._shared.sweep._sweep(asyncio.get_running_loop())
    assert slow[1].aborted
    assert idle[1].closing
    assert not idle[1].aborted
    assert not healthy[1].closing


async def test_connection_is_not_idle_during_a_stream(connection: Connection, source: ChunkSource) -> None:
    protocol, wire = connection
    later = asyncio.get_running_loop().time() + IDLE_SECONDS
    behind = b"POST /notes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n"
    protocol.data_received(STREAM + behind)
    source.send(b"first")
    await settle()
    protocol.timeouts.waiting_since = 0.0  # the second request began to arrive long ago
    protocol.enforce_timeouts(later + 1)
    assert not wire.closing
    source.send(None)
    await settle()
    protocol.enforce_timeouts(later)
    assert not wire.closing
    assert protocol.timeouts.is_idle_since(later + 1)
    protocol.data_received(b'{"text":"hello"}')
    await settle()
    assert b"HTTP/1.1 201 " in wire.written
    protocol.enforce_timeouts(later + IDLE_SECONDS)
    assert wire.closing


async def test_streams_do_not_count_towards_the_limit_of_requests(server: Server, source: ChunkSource) -> None:
    source.send(*[b"first"] * 3 * MAX_REQUESTS_UNDER_WAY)
    connections = [server.connect() for _ in range(3 * MAX_REQUESTS_UNDER_WAY)]
    for protocol, _ in connections:
        protocol.data_received(STREAM)
    await settle()
    other, wire = server.connect()
    other.data_received(OTHER)
    await settle()
    assert b" 200 OK" in wire.written


async def test_streams_beyond_the_limit_are_rejected(
    server: Server, source: ChunkSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MAX_STREAMS", 2)
    source.send(b"a", b"b")
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
    assert source.opened == 3


async def test_client_waits_until_what_it_has_sent_is_read(connection: Connection, reader: BodyReader) -> None:
    protocol, wire = connection
    reader.may_go_on.clear()
    protocol.data_received(announce(10 * MAX_UNREAD_BYTES) + b"x")
    await settle()
    protocol.data_received(b"x" * (MAX_UNREAD_BYTES - 1))
    assert wire.reading
    protocol.data_received(b"x")
    assert not wire.reading
    reader.may_go_on.set()
    await settle()
    assert wire.reading
    protocol.data_received(b"x" * (9 * MAX_UNREAD_BYTES - 1))
    await settle()
    assert read_json(wire)[1]["length"] == 10 * MAX_UNREAD_BYTES
    assert wire.reading


async def test_slow_sender_is_aborted_unless_it_waits_for_the_service(connection: Connection, reader: BodyReader) -> None:
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
    reader.may_go_on.clear()
    protocol.data_received(b"x")
    await settle()
    protocol.enforce_timeouts(now + 9 * SLOW_SECONDS)  # the client waits for the service, and is not idle either
    reader.may_go_on.set()
    await settle()
    protocol.enforce_timeouts(now + 9 * SLOW_SECONDS + 1)
    protocol.data_received(b"x" * (MIN_PROGRESS_BYTES - 1))
    await settle()
    assert not wire.closing
    protocol.enforce_timeouts(now + 10 * SLOW_SECONDS)
    assert wire.aborted


async def test_bodies_do_not_count_towards_the_limit_of_requests(server: Server) -> None:
    for _ in range(3 * MAX_REQUESTS_UNDER_WAY):
        protocol, _ = server.connect()
        protocol.data_received(announce(10))
    await settle()
    other, wire = server.connect()
    other.data_received(OTHER)
    await settle()
    assert b" 200 OK" in wire.written


async def test_bodies_beyond_the_limit_are_rejected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
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
