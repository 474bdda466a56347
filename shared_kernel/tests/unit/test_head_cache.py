"""A cached head is not parsed again, without any other difference."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_kernel.presentation.http.server.exchange import Exchange
from shared_kernel.presentation.http.server.handler import Found
from shared_kernel.presentation.http.server.head_cache import MAX_HEAD, HeadCache
from shared_kernel.presentation.http.server.request_reader import MAX_MISSES
from test_support.http.stub_service import GOOD_TOKEN, MAX_BODY_BYTES, Errand, make_service, run
from test_support.http.wire import Connection, Server, settle

FIELDS = b"Host: service\r\nContent-Type: application/json\r\nAuthorization: Bearer " + GOOD_TOKEN.encode()
# What differs between equal responses: an id of the server's own, and the time.
VOLATILE = re.compile(rb'(?<=x-request-id: )\w+|(?<="request_id":")\w+|(?<=date: )[^\r]+')


def make_request(text: str, *, path: str = "/private/notes", spelling: str = "Content-Length") -> bytes:
    body = b'{"text":"%b"}' % text.encode()
    return b"POST %b HTTP/1.1\r\n%b: %d\r\n%b\r\n\r\n%b" % (path.encode(), spelling.encode(), len(body), FIELDS, body)


class NoParser:
    """A parser that must not be used."""

    def feed_data(self, data: bytes) -> None:
        raise AssertionError(f"parsed: {data!r}")


async def serve(connection: Connection, *requests: bytes) -> None:
    """Serve the requests one after the other, the last one without a parser; `written` is the last response."""
    protocol, wire = connection
    *parsed, cached = requests
    for request in parsed:
        protocol.data_received(request)
        await settle()
    parser: Any = NoParser()
    protocol.reader.parser = parser
    wire.written = b""
    protocol.data_received(cached)
    await settle()


@pytest.mark.parametrize("spelling", ["Content-Length", "content-length"])
@pytest.mark.parametrize("text", ["other", "longer than the one before", ""])
async def test_repeated_head_is_not_parsed_again(connection: Connection, spelling: str, text: str) -> None:
    _, wire = connection
    await serve(connection, make_request("first", spelling=spelling), make_request(text, spelling=spelling))
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    assert wire.written.endswith(b'{"text":"anna: %b"}' % text.encode())


async def test_latest_head_is_cached(connection: Connection) -> None:
    _, wire = connection
    await serve(connection, make_request("a", path="/notes"), make_request("b"), make_request("c"))
    assert wire.written.endswith(b'{"text":"anna: c"}')


async def test_body_limit_holds_for_a_cached_head(connection: Connection) -> None:
    _, wire = connection
    await serve(connection, make_request("a"), make_request("a" * MAX_BODY_BYTES))
    assert wire.written.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "sent",
    [
        make_request("a") + make_request("b"),
        make_request("a").replace(b"\r\n\r\n", b"\r\n\n").replace(b'{"', b"\r\n\r\n").replace(b"12", b"14"),
        make_request("a").replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
        make_request("a").replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        make_request("a").replace(b"\r\n\r\n", b"\r\nX: " + b"x" * MAX_HEAD + b"\r\n\r\n"),
        make_request("a", spelling="CONTENT-LENGTH"),
        make_request("a", path="/absent"),
        b"GET /shelves/a/notes HTTP/1.1\r\nHost: service\r\nContent-Length: 0\r\n\r\n",
        b"GET /caller HTTP/1.1\r\nHost: service\r\n\r\n",
    ],
)
async def test_some_heads_are_not_cached(connection: Connection, sent: bytes) -> None:
    protocol, wire = connection
    protocol.data_received(sent)
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 ")
    assert protocol.reader._head is None


async def test_body_that_looks_like_a_cached_request_is_a_body(connection: Connection, errand: Errand) -> None:
    protocol, wire = connection
    request = make_request("a")
    protocol.data_received(request)
    await settle()
    protocol.data_received(b"POST /private/notes HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n\r\n" % len(request))
    await settle()
    assert wire.written.count(b"HTTP/1.1 401 ") == 1  # before the body has arrived
    protocol.data_received(request)
    await settle()
    assert errand.runs == 1


async def test_request_with_a_cached_head_waits_for_earlier_ones(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(make_request("a"))
    await settle()
    protocol.data_received(make_request("b"))
    protocol.data_received(make_request("c"))
    assert not wire.reading
    await settle()
    assert wire.written.index(b"anna: b") < wire.written.index(b"anna: c")


async def test_content_length_field_is_that_of_the_body(connection: Connection) -> None:
    protocol, _ = connection
    await serve(connection, make_request("a"), make_request("longer"))
    latest = protocol.latest
    assert isinstance(latest, Exchange)
    assert latest.headers[b"content-length"] == b"%d" % latest.length
    assert latest.body == b'{"text":"longer"}'


async def test_caching_stops_for_clients_whose_heads_differ(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, _ = connection
    remembered: list[bytes] = []
    remember = HeadCache.remember

    def count(data: bytes, found: Found, fields: dict[bytes, bytes]) -> HeadCache | None:
        remembered.append(data)
        return remember(data, found, fields)

    monkeypatch.setattr(HeadCache, "remember", count)
    for number in range(MAX_MISSES + 5):
        protocol.data_received(make_request("a").replace(b"Host: service", b"Host: service%d" % number))
        await settle()
    assert len(remembered) == MAX_MISSES


@dataclass(frozen=True)
class Sent:
    """Bytes that a client may send, and the positions where they are cut."""

    text: bytes
    pieces: tuple[int, ...]


LENGTHS = st.sampled_from(
    [
        b"Content-Length: %b", b"content-length: %b", b"Content-Length: %b", b"CONTENT-LENGTH: %b", b"Content-Length:%b",
        b"Content-Length: %b ", b"X: \r\nContent-Length: %b", b"X: content-length: 3\r\nContent-Length: %b",
        b"Content-Length: %b\r\nContent-Length: 5", b"Transfer-Encoding: chunked", b"X: y",
        b"Content-Length: %b\r\nConnection: close", b"Content-Length: %b\r\nConnection: keep-alive",
        b"Content-Length: %b\r\nExpect: 100-continue", b"Content-Length: %b\r\nConnection: upgrade\r\nUpgrade: h2c",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from([b"%d"] * 8 + [b"+%d", b"0%d", b" %d", b"%d_"])
BODIES = st.sampled_from(
    [b"", b"{}", b'{"text":"a"}', b'{"text":"bc"}', b'{"text":"\r\n\r\n"}', b"0\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
)
LINES = st.sampled_from(
    [b"POST /private/notes HTTP/1.1", b"POST /notes HTTP/1.1", b"GET /caller HTTP/1.1", b"POST /notes HTTP/1.0"]
)


ENDS = st.sampled_from([b"\r\n"] * 9 + [b"\n"])
OFF = st.sampled_from([0] * 8 + [-5, -1, 1])
SELDOM = st.sampled_from([False] * 4 + [True])


@st.composite
def _requests(draw: st.DrawFn) -> list[Sent]:
    heads = draw(st.lists(st.tuples(LINES, LENGTHS, ENDS, ENDS), min_size=1, max_size=2))
    sent = []
    for _ in range(draw(st.integers(2, 6))):
        line, length, end, last_end = draw(st.sampled_from(heads))
        body = draw(BODIES)
        said = length % (draw(NUMBERS) % max(0, len(body) + draw(OFF))) if b"%b" in length else length
        text = end.join([line, said, FIELDS]) + last_end + last_end + body
        cuts = draw(st.lists(st.integers(1, len(text)), max_size=2)) if draw(SELDOM) else []
        sent.append(Sent(text, tuple(sorted(cuts))))
    return sent


async def answer(requests: list[Sent], misses: int, *, at_once: bool) -> tuple[bytes, int, bool]:
    """Return what is written, the number of operations run and whether the connection was closed."""
    errand = Errand()
    service = make_service(errand)
    async with run(service):
        protocol, wire = Server(service).connect()
        protocol.reader._misses_left = misses
        for request in requests:
            for start, stop in zip((0, *request.pieces), (*request.pieces, len(request.text)), strict=True):
                if not wire.closing:
                    protocol.data_received(request.text[start:stop])
            await settle(0 if at_once else 30)
        await settle(60)
    return VOLATILE.sub(b"", wire.written), errand.runs, wire.closing


@settings(max_examples=300)
@given(requests=_requests(), at_once=st.booleans())
async def test_cached_head_behaves_like_a_parsed_one(requests: list[Sent], at_once: bool) -> None:
    assert await answer(requests, MAX_MISSES, at_once=at_once) == await answer(requests, 0, at_once=at_once)
