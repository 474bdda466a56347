"""Shutdown: which requests the server waits for, and what it answers the others."""

import pytest

from test_support.http.messages import NOTE, POST, find_ids
from test_support.http.stub_service import Errand
from test_support.http.wire import Connection, Server, settle


async def test_shutdown_closes_idle_connections_immediately(connection: Connection) -> None:
    protocol, wire = connection
    protocol.shutdown()
    assert wire.closing


async def test_shutdown_waits_for_a_request_that_is_arriving(connection: Connection, server: Server) -> None:
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


async def test_shutdown_answers_503_to_a_request_that_never_arrives(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"content-length: 16\r\n\r\n{")
    protocol.shutdown()
    await settle()
    (task,) = server.state.tasks
    task.cancel()
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert b"shutting-down" in wire.written
    assert wire.is_finished


@pytest.mark.parametrize("cancelled_first", [0, 1])
async def test_shutdown_answers_no_request_before_its_turn(
    connection: Connection, server: Server, errand: Errand, cancelled_first: int
) -> None:
    protocol, wire = connection
    errand.is_waiting = True
    protocol.data_received(b"GET /errand HTTP/1.1\r\nhost: a\r\nx-request-id: 0\r\n\r\n")
    await settle()
    (first,) = server.state.tasks
    protocol.data_received(POST + b"x-request-id: 1\r\ncontent-length: 16\r\n\r\n{")
    protocol.shutdown()
    await settle()
    (second,) = server.state.tasks - {first}
    tasks = [first, second]
    for number in (cancelled_first, 1 - cancelled_first):
        tasks[number].cancel()
    await settle()
    assert find_ids(wire) == [0]
    assert wire.closing
    assert not server.state.tasks


async def test_shutdown_does_not_wait_for_a_body_that_was_rejected(connection: Connection, server: Server) -> None:
    protocol, wire = connection
    protocol.data_received(POST + b"transfer-encoding: chunked\r\n\r\n")
    protocol.shutdown()
    protocol.data_received(b"65\r\n" + b"x" * 101)
    assert wire.written.startswith(b"HTTP/1.1 413 ")
    assert wire.is_finished
    protocol.connection_lost(None)
    await settle()
    assert not server.state.tasks
