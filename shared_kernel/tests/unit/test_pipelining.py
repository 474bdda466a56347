"""Many requests on one connection: each is answered, however requests, bodies and reads fall on each other."""

import asyncio
import re
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_kernel.presentation.http.server.protocol import MAX_QUEUED, HttpProtocol
from shared_kernel.presentation.http.server.request_reader import MAX_HEAD_BYTES, MAX_REPEATED_FIELDS, SLICE_BYTES
from test_support.http.stub_service import MAX_BODY_BYTES, Errand, make_service, run
from test_support.http.wire import Server, Wire, settle

READ_BYTES = 256 * 1024
"""What the event loop reads at once."""


def make_head(line: bytes, number: int, length: int, fields: bytes = b"") -> bytes:
    """Return a head of `length` bytes, or of as few as are needed."""
    beginning = b"%b HTTP/1.1\r\nHost: service\r\nX-Request-ID: %d\r\n%bX: " % (line, number, fields)
    return beginning + b"x" * (length - len(beginning) - 4) + b"\r\n\r\n"


def find_ids(wire: Wire) -> list[int]:
    return [int(number) for number in re.findall(rb"x-request-id: (\d+)\r\n", wire.written)]


async def send(protocol: HttpProtocol, wire: Wire, sent: bytes, read_bytes: int = READ_BYTES) -> None:
    """Let all arrive in reads of that many bytes, as far as the server reads."""
    for start in range(0, len(sent), read_bytes):
        while not wire.reading and not wire.closing:
            await settle(1)
        if not wire.closing:
            protocol.data_received(sent[start : start + read_bytes])
    await settle(100)


async def test_four_hundred_requests_in_one_read_are_answered(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"".join(make_head(b"GET /errand", number, 950) for number in range(400)))
    await settle(900)
    assert find_ids(wire) == list(range(400))
    assert wire.written.count(b"HTTP/1.1 200 ") == 400
    assert not wire.closing


@pytest.mark.parametrize("read_bytes", [1448, SLICE_BYTES - 1, SLICE_BYTES, SLICE_BYTES + 1, 65536, READ_BYTES])
async def test_longest_heads_are_accepted_one_behind_another(connection: tuple[HttpProtocol, Wire], read_bytes: int) -> None:
    protocol, wire = connection
    heads = b"".join(make_head(b"GET /errand", number, MAX_HEAD_BYTES) for number in range(5))
    await send(protocol, wire, heads, read_bytes)
    assert find_ids(wire) == list(range(5))
    assert wire.written.count(b"HTTP/1.1 200 ") == 5


@pytest.mark.parametrize("read_bytes", [1448, SLICE_BYTES, SLICE_BYTES + 1, 65536, READ_BYTES])
@pytest.mark.parametrize("before", [0, 1, 3])
async def test_longer_head_is_rejected_behind_the_earlier_responses(
    connection: tuple[HttpProtocol, Wire], read_bytes: int, before: int
) -> None:
    protocol, wire = connection
    heads = b"".join(make_head(b"GET /errand", number, 950) for number in range(before))
    await send(protocol, wire, heads + make_head(b"GET /errand", 9, MAX_HEAD_BYTES + 50), read_bytes)
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"200"] * before + [b"431"]
    assert find_ids(wire)[:before] == list(range(before))
    assert wire.is_finished


@pytest.mark.parametrize("half_closed", [False, True])
async def test_requests_that_arrived_together_do_not_all_wait_in_memory(
    connection: tuple[HttpProtocol, Wire], half_closed: bool
) -> None:
    protocol, wire = connection
    requests = b"".join(b"GET /x HTTP/1.1\r\nHost: a\r\nX-Request-ID: %d\r\n\r\n" % number for number in range(5000))
    protocol.data_received(requests[:-20])
    assert len(protocol._queue) < MAX_QUEUED + SLICE_BYTES // 40
    assert not wire.reading
    if half_closed:
        protocol.data_received(requests[-20:])  # had been on its way
        assert protocol.eof_received()
        await settle(20_000)
    else:
        await settle(20_000)
        assert wire.reading
        protocol.data_received(requests[-20:])
        await settle()
    assert find_ids(wire) == list(range(5000))
    assert wire.written.count(b"HTTP/1.1 404 ") == 5000
    assert wire.closing is half_closed


TYPE = b"Content-Type: application/json\r\n"
KINDS = st.sampled_from(["get", "refused", "absent", "post", "chunked", "too long", "upgrade"])


def make_request(kind: str, number: int, length: int, chunk: int) -> bytes:
    """Return a request with a head of `length` bytes; a body is cut into chunks of `chunk` bytes."""
    body = b'{"text":"%b"}' % (b"t" * (number % 50))
    match kind:
        case "post":
            return make_head(b"POST /notes", number, length, TYPE + b"Content-Length: %d\r\n" % len(body)) + body
        case "chunked":
            parts = [body[start : start + chunk] for start in range(0, len(body), chunk)]
            chunks = b"".join([b"%x;ext=1\r\n%b\r\n" % (len(part), part) for part in parts])
            head = make_head(b"POST /notes", number, length, TYPE + b"Transfer-Encoding: chunked\r\n")
            return head + chunks + b"0\r\nTrailer: yes\r\n\r\n"
        case "too long":
            body = b" " * (MAX_BODY_BYTES + chunk)
            return make_head(b"POST /notes", number, length, TYPE + b"Content-Length: %d\r\n" % len(body)) + body
        case "upgrade":
            return make_head(b"GET /errand", number, length, b"Connection: upgrade\r\nUpgrade: h2c\r\n")
    return make_head({"get": b"GET /errand", "refused": b"GET /caller", "absent": b"GET /absent"}[kind], number, length)


LENGTHS = st.sampled_from([0, 950, 5000, SLICE_BYTES, MAX_HEAD_BYTES])
REQUESTS = st.lists(st.tuples(KINDS, LENGTHS, st.sampled_from([1, 2, 7, 1000])), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(requests=REQUESTS, source=st.randoms(use_true_random=False), reads=st.integers(0, 12))
async def test_each_request_is_answered_however_it_arrives(
    requests: list[tuple[str, int, int]], source: Random, reads: int
) -> None:
    sent = b"".join(make_request(kind, number, length, chunk) for number, (kind, length, chunk) in enumerate(requests))
    cuts = sorted({0, len(sent), *(source.randrange(len(sent)) for _ in range(reads))})
    service = make_service(Errand())
    async with run(service):
        protocol, wire = Server(service).connect()
        for start, stop in pairwise(cuts):
            await send(protocol, wire, sent[start:stop])
            await asyncio.sleep(0)
        await settle(40 * len(requests))
    assert find_ids(wire) == list(range(len(requests)))
    statuses = {"get": b"200", "refused": b"401", "absent": b"404", "post": b"201", "chunked": b"201", "too long": b"413"}
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [statuses.get(kind, b"200") for kind, *_ in requests]
    assert not wire.closing


CHUNKED = b"POST /notes HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "trailer": (b"0\r\nX: ", b"x"),
    "name of a trailer": (b"0\r\n", b"x"),
    "trailers": (b"0\r\n", b"X: y\r\n"),
    "chunk extension": (b"5;", b"x"),
    "value of a chunk extension": (b"5;x=", b"x"),
    "chunk size": (b"", b"0"),
    "chunk extensions": (b"", b"1;" + b"x" * 1000 + b"\r\n{\r\n"),
}


@pytest.mark.parametrize("read_bytes", [1448, SLICE_BYTES, READ_BYTES])
@pytest.mark.parametrize(("beginning", "repeated"), ENDLESS.values(), ids=ENDLESS)
async def test_what_is_sent_beside_a_body_is_bounded(
    connection: tuple[HttpProtocol, Wire], beginning: bytes, repeated: bytes, read_bytes: int
) -> None:
    protocol, wire = connection
    protocol.data_received(CHUNKED + beginning)
    endless = repeated * (MAX_HEAD_BYTES + 2 * SLICE_BYTES)
    for start in range(0, MAX_HEAD_BYTES + 2 * SLICE_BYTES, read_bytes):
        protocol.data_received(endless[start : start + read_bytes])
    assert wire.written.startswith(b"HTTP/1.1 431 ")
    assert wire.closing


async def test_body_may_be_cut_into_any_chunks_as_long_as_they_have_data(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    protocol.data_received(b"POST /private/notes HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):  # a body that is not kept may be as long as it likes
        protocol.data_received(b"0002;a=b\r\n{}\r\n" * 100)
    protocol.data_received(b"0\r\n\r\n" + make_head(b"GET /errand", 1, 0))
    await settle()
    assert re.findall(rb"HTTP/1.1 (\d+)", wire.written) == [b"401", b"200"]


async def test_field_may_be_repeated_so_many_times(connection: tuple[HttpProtocol, Wire]) -> None:
    protocol, wire = connection
    head = b"GET /errand HTTP/1.1\r\nHost: service\r\n"
    protocol.data_received(head + b"A: b\r\n" * (MAX_REPEATED_FIELDS + 1) + b"\r\n")
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    protocol.data_received(head + b"A: b\r\n" * (MAX_REPEATED_FIELDS + 2) + b"\r\n")
    await settle()
    assert wire.written.count(b"HTTP/1.1 431 ") == 1
    assert wire.is_finished
