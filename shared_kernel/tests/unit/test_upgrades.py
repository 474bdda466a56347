"""Requests for another protocol (RFC 9110, section 7.8): answered as if they had no field Upgrade."""

import re

import pytest

from test_support.http.messages import NOTE, POST
from test_support.http.stub_service import Errand
from test_support.http.wire import Connection, settle

UPGRADE = b"Connection: upgrade\r\nuPgRaDe: h2c\r\n"


@pytest.mark.parametrize("at_once", [1, 7, 60, 1000])
async def test_upgrade_is_ignored(connection: Connection, errand: Errand, at_once: int) -> None:
    protocol, wire = connection
    posts = POST + UPGRADE + b"content-length: 16\r\n\r\n" + NOTE
    chunked = POST + b"transfer-encoding: chunked\r\n" + UPGRADE + b"\r\n10\r\n" + NOTE + b"\r\n0\r\n\r\n"
    absent = b"GET /absent HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n"
    requests = posts + chunked + absent + posts
    for begin in range(0, len(requests), at_once):
        protocol.data_received(requests[begin : begin + at_once])
    await settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"201", b"201", b"404", b"201"]
    assert errand.runs == 3
    assert not wire.closing


async def test_upgrade_with_connection_close_closes_the_connection(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /errand HTTP/1.1\r\nhost: a\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n")
    await settle()
    assert wire.is_finished


async def test_malformed_request_behind_an_upgrade_is_rejected(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /errand HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\nmalformed\r\n\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 400 ") == 1
    assert wire.is_finished


@pytest.mark.parametrize(
    "sent", [b"PLAY / RTSP/1.0\r\n" + UPGRADE + b"\r\n", b"GET http://[ HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n"]
)
async def test_malformed_request_for_an_upgrade_is_rejected(
    connection: Connection, capsys: pytest.CaptureFixture[str], sent: bytes
) -> None:
    protocol, wire = connection
    protocol.data_received(sent)
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.is_finished
    assert "unexpected error" not in capsys.readouterr().out


async def test_malformed_request_behind_an_upgrade_is_no_unexpected_error(
    connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol, wire = connection
    protocol.data_received(b"GET /errand HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\nmalformed\r\n\r\n")
    await settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"200", b"400"]
    assert "unexpected error" not in capsys.readouterr().out


async def test_thousands_of_upgrades_at_once_are_ignored(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received((b"GET /absent HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n") * 3000)
    await settle(turns=2 * 3000 + 20)
    assert wire.written.count(b"HTTP/1.1 404 ") == 3000
