"""Heads that a server must reject although they can be parsed, and what is no part of a field's value."""

import re

import pytest

from shared_kernel.presentation.http.server.protocol import HttpProtocol
from test_support.http.stub_service import GOOD_TOKEN, Errand
from test_support.http.wire import Wire, settle

HOST = b"Host: service\r\n"
GET = b"GET /errand HTTP/1.1\r\n"
POST = b"POST /notes HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n"
CHUNKS = b'10\r\n{"text":"hello"}\r\n0\r\n\r\n'
NOTE = b'{"text":"hello"}'


async def find_statuses(connection: tuple[HttpProtocol, Wire], sent: bytes) -> list[int]:
    """Return the statuses of all responses to what is sent."""
    protocol, wire = connection
    protocol.data_received(sent)
    await settle(40)
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", wire.written)]


ACCEPTED = {
    "host": GET + HOST + b"\r\n",
    "host with a port": GET + b"Host: service:8080\r\n\r\n",
    "host as an address": GET + b"Host: 127.0.0.1:8080\r\n\r\n",
    "host as an IPv6 address": GET + b"Host: [::1]:8080\r\n\r\n",
    "host that is empty": GET + b"Host:\r\n\r\n",
    "host with an underscore": GET + b"Host: key_value_service:9080\r\n\r\n",
    "no host in HTTP/1.0": b"GET /errand HTTP/1.0\r\n\r\n",
    "target in absolute form": b"GET http://other/errand HTTP/1.1\r\n" + HOST + b"\r\n",
    "target in absolute form with https": b"GET HTTPS://other:443/shelves/a/notes?limit=1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "chunked in other letters": POST.replace(b"/notes", b"/errand").replace(b"POST", b"GET")
    + b"Transfer-Encoding: Chunked \r\n\r\n" + CHUNKS,
}  # fmt: skip


@pytest.mark.parametrize("head", ACCEPTED.values(), ids=ACCEPTED)
async def test_valid_head_is_accepted(connection: tuple[HttpProtocol, Wire], head: bytes) -> None:
    assert await find_statuses(connection, head) == [200]


MALFORMED = {
    "no host": GET + b"\r\n",
    "no host with a target in absolute form": b"GET http://service/errand HTTP/1.1\r\n\r\n",
    "two hosts": GET + HOST + b"Host: other\r\n\r\n",
    "the same host twice": GET + HOST + HOST + b"\r\n",
    "two empty hosts": GET + b"Host:\r\nHost:\r\n\r\n",
    "two hosts in HTTP/1.0": b"GET /errand HTTP/1.0\r\n" + HOST + b"Host: other\r\n\r\n",
    "host with a space": GET + b"Host: a b\r\n\r\n",
    "host with a path": GET + b"Host: service/x\r\n\r\n",
    "host with a user": GET + b"Host: user@service\r\n\r\n",
    "host with a port that is no number": GET + b"Host: service:x\r\n\r\n",
    "host that is not ASCII": GET + b"Host: s\xc3\xa9rvice\r\n\r\n",
    "host with a broken address": GET + b"Host: [::1\r\n\r\n",
    "fragment": b"GET /errand#here HTTP/1.1\r\n" + HOST + b"\r\n",
    "fragment behind a query": b"GET /errand?a=b#here HTTP/1.1\r\n" + HOST + b"\r\n",
    "target with raw bytes": b"GET /errand/\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "target with raw bytes in the query": b"GET /errand?\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "target in absolute form without a host": b"GET http:///errand HTTP/1.1\r\n" + HOST + b"\r\n",
    "target in absolute form with a user": b"GET http://user@service/errand HTTP/1.1\r\n" + HOST + b"\r\n",
    "target of another scheme": b"GET ftp://service/errand HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk without OPTIONS": b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    "chunked that is not last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNKS,
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS,
    "chunked in two fields": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "no chunked": POST + b"Transfer-Encoding: gzip\r\n\r\n" + CHUNKS,
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked with a parameter": POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n" + CHUNKS,
    "chunked that is not spelled so": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "empty transfer coding": POST + b"Transfer-Encoding:\r\n\r\n",
    "transfer coding in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "transfer coding, then length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 16\r\n\r\n" + CHUNKS,
    "length, then transfer coding": POST + b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "two lengths": POST + b"Content-Length: 16\r\nContent-Length: 2\r\n\r\n" + NOTE,
    "the same length twice": POST + b"Content-Length: 16\r\nContent-Length: 16\r\n\r\n" + NOTE,
    "the same length twice in a list": POST + b"Content-Length: 16, 16\r\n\r\n" + NOTE,
    "empty length": POST + b"Content-Length:\r\n\r\n" + NOTE,
    "length with a sign": POST + b"Content-Length: +16\r\n\r\n" + NOTE,
    "length beyond 64 bits": POST + b"Content-Length: 18446744073709551632\r\n\r\n" + NOTE,
    "carriage return in a value": GET + HOST + b"X: a\rY: b\r\n\r\n",
    "NUL in a value": GET + HOST + b"X: a\x00b\r\n\r\n",
    "line break without carriage return": GET + HOST + b"X: a\nY: b\r\n\r\n",
    "folded value": GET + HOST + b"X: a\r\n b\r\n\r\n",
    "folded value with a tab": GET + HOST + b"X: a\r\n\tb\r\n\r\n",
    "space before the first field": GET + b" " + HOST + b"\r\n",
    "space before a colon": GET + b"Host : service\r\n\r\n",
    "tab before a colon": GET + HOST + b"X\t: a\r\n\r\n",
    "space in a name": GET + HOST + b"X y: a\r\n\r\n",
    "name that is not ASCII": GET + HOST + b"X\xc3: a\r\n\r\n",
    "no name": GET + HOST + b": a\r\n\r\n",
    "no colon": GET + HOST + b"X\r\n\r\n",
    "tab in the request line": b"GET\t/errand HTTP/1.1\r\n" + HOST + b"\r\n",
    "version in other letters": b"GET /errand http/1.1\r\n" + HOST + b"\r\n",
    "version that does not exist": b"GET /errand HTTP/1.2\r\n" + HOST + b"\r\n",
}  # fmt: skip


@pytest.mark.parametrize("head", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_head_is_rejected(connection: tuple[HttpProtocol, Wire], errand: Errand, head: bytes) -> None:
    assert await find_statuses(connection, head) == [400]
    assert connection[1].is_finished
    assert errand.runs == 0


@pytest.mark.parametrize(
    "coding", [b"gzip, chunked", b"gzip\r\nTransfer-Encoding: chunked", b"identity, chunked", b"GZIP ,\tChunked"]
)
async def test_other_transfer_coding_is_not_implemented(
    connection: tuple[HttpProtocol, Wire], errand: Errand, coding: bytes
) -> None:
    assert await find_statuses(connection, POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + CHUNKS) == [501]
    assert connection[1].is_finished
    assert errand.runs == 0


@pytest.mark.parametrize("version", [b"2.0", b"0.9"])
@pytest.mark.parametrize("fields", [b"", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n"])
async def test_other_major_version_is_not_supported(connection: tuple[HttpProtocol, Wire], version: bytes, fields: bytes) -> None:
    sent = b"GET /errand HTTP/%b\r\n" % version + HOST + fields + b"\r\n"
    assert await find_statuses(connection, sent) == [505]
    assert connection[1].is_finished


async def test_request_without_a_version_is_of_another_one(connection: tuple[HttpProtocol, Wire]) -> None:
    assert await find_statuses(connection, b"GET /errand\r\n" + HOST + b"\r\n") == [505]


async def test_rejected_head_that_asks_for_another_protocol(connection: tuple[HttpProtocol, Wire]) -> None:
    sent = GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert await find_statuses(connection, sent) == [400]
    assert b"no field Host" in connection[1].written


@pytest.mark.parametrize("before", [b"", b" ", b"\t", b" \t  "])
@pytest.mark.parametrize("after", [b"", b" ", b"\t", b"\t  \t"])
async def test_white_space_around_a_value_is_no_part_of_it(
    connection: tuple[HttpProtocol, Wire], before: bytes, after: bytes
) -> None:
    def field(name: bytes, value: bytes) -> bytes:
        return name + b":" + before + value + after + b"\r\n"

    protocol, wire = connection
    protocol.data_received(
        b"POST /private/notes HTTP/1.1\r\n" + field(b"Host", b"service")
        + field(b"Authorization", b"Bearer " + GOOD_TOKEN.encode()) + field(b"Content-Type", b"application/json")
        + field(b"X-Request-ID", b"mine") + field(b"Expect", b"100-continue") + field(b"Content-Length", b"16") + b"\r\n"
    )  # fmt: skip
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    protocol.data_received(NOTE)
    protocol.data_received(
        b"GET /shelves/a/notes HTTP/1.1\r\n" + field(b"Host", b"service") + field(b"If-Version", b"7") + b"\r\n"
    )
    await settle()
    assert b"x-request-id: mine\r\n\r\n" in wire.written
    assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert b'"version":7' in wire.written
