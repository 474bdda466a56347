"""Request bodies that are read while they arrive."""

import asyncio
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.presentation.http.server import protocol as protocol_module
from test_support.http.stream_messages import CHUNKED, END, OTHER, TYPE, announce, chunk, read_json
from test_support.http.stream_stubs import BodyReader
from test_support.http.stub_service import GOOD_TOKEN, Errand, run
from test_support.http.stub_streams import make_streaming_service
from test_support.http.wire import Connection, Server, settle


async def test_controller_receives_chunks_before_the_body_has_arrived(connection: Connection, reader: BodyReader) -> None:
    protocol, wire = connection
    reader.keeps_content = True
    protocol.data_received(CHUNKED)
    await settle()
    assert reader.begun == 1
    protocol.data_received(chunk(b"first\n") + chunk(b"second\n"))
    await settle()
    assert reader.content == b"first\nsecond\n"
    protocol.data_received(chunk(b"third\n") + END)
    await settle()
    assert read_json(wire) == (200, {"length": 19, "chunks": 2})
    assert not wire.closing


@pytest.mark.parametrize("length", [0, 1, 1000])
async def test_body_may_arrive_with_its_head(connection: Connection, length: int) -> None:
    protocol, wire = connection
    protocol.data_received(announce(length) + b"x" * length + OTHER)
    await settle(40)
    assert b'{"length":%d,' % length in wire.written
    assert wire.written.count(b"HTTP/1.1 200 ") == 2


async def test_request_without_a_body_is_read_as_empty(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(b"POST /lines HTTP/1.1\r\nhost: a\r\n" + TYPE + b"\r\n")
    await settle()
    assert read_json(wire) == (200, {"length": 0, "chunks": 0})


async def test_100_continue_is_sent_when_the_body_is_read(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/lines", b"expect: 100-continue"))
    assert wire.written == b""
    await settle()
    assert wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    protocol.data_received(b"x" * 5)
    await settle()
    protocol.data_received(b"x" * 5)
    await settle()
    assert wire.written.count(b"100 Continue") == 1
    assert b'"length":10' in wire.written
    assert not wire.closing


async def test_authenticated_caller_may_send_a_body(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(3, b"/private/lines", b"authorization: Bearer " + GOOD_TOKEN.encode()) + b"abc")
    await settle()
    assert read_json(wire) == (200, {"length": 3, "chunks": 1})


async def test_response_before_the_end_of_the_body_closes_the_connection(
    connection: Connection, errand: Errand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol_module, "LINGER_SECONDS", 0.01)
    protocol, wire = connection
    protocol.data_received(announce(1000, b"/lines?at_most=5") + b"x" * 5)
    await settle()
    assert read_json(wire) == (200, {"length": 5, "chunks": 1})
    assert b"connection: close" in wire.written
    assert wire.ended
    assert not wire.closing
    assert wire.reading
    protocol.data_received(b"x" * 995 + OTHER)
    await asyncio.sleep(0.05)
    assert wire.closing
    assert errand.runs == 0


async def test_body_that_has_arrived_need_not_be_read(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(OTHER + announce(10, b"/lines?at_most=1") + b"x" * 10 + OTHER)
    await settle(40)
    assert wire.written.count(b"HTTP/1.1 200 ") == 3
    assert not wire.closing


async def test_gzip_is_decoded(connection: Connection, reader: BodyReader) -> None:
    reader.keeps_content = True
    protocol, wire = connection
    lines = b"".join(b'{"key":"%d"}\n' % number for number in range(20_000))
    body = gzip.compress(lines[:100_000]) + gzip.compress(lines[100_000:])
    protocol.data_received(announce(len(body), b"/lines", b"content-encoding: GZip"))
    for start in range(0, len(body), 1000):
        protocol.data_received(body[start : start + 1000])
        await settle(5)
    await settle(100)
    assert b" 200 OK" in wire.written
    assert reader.content == lines


async def test_response_may_be_streamed_while_the_body_arrives(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/echo", b"expect: 100-continue"))
    await settle()
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    protocol.data_received(b"12345")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n12345\r\n")
    protocol.data_received(b"67890")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n67890\r\n" + END)
    assert b"100 Continue" not in wire.written  # it would follow the head of the response
    protocol.data_received(OTHER)
    await settle()
    assert wire.written.count(b"HTTP/1.1 200 ") == 2


async def test_stream_that_ends_before_the_body_closes_the_connection(connection: Connection) -> None:
    protocol, wire = connection
    protocol.data_received(announce(10, b"/echo?at_most=5") + b"12345")
    await settle()
    assert wire.written.endswith(b"\r\n5\r\n12345\r\n" + END)
    assert wire.ended


async def test_streaming_bodies_are_documented() -> None:
    async with run(make_streaming_service()) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    operation = paths["/lines"]["post"]
    assert operation["requestBody"] == {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in ("application/x-ndjson", "text/plain")},
    }
    assert {"400", "413", "415", "422", "503"} <= set(operation["responses"])
    assert [parameter["name"] for parameter in operation["parameters"]] == ["at_most"]
    assert paths["/private/lines"]["post"]["requestBody"]["content"] == {
        "application/x-ndjson": {"itemSchema": {"type": "object"}}
    }


@given(
    body=st.binary(max_size=2000),
    cuts=st.lists(st.integers(1, 300), min_size=1, max_size=30),
    steps=st.lists(st.sampled_from(["arrive", "hold", "release", "turn"]), max_size=80),
    is_coded=st.booleans(),
    at_most=st.sampled_from([1, 500, 10_000]),
)
async def test_controller_reads_what_the_client_has_sent_in_any_interleaving(
    body: bytes, cuts: list[int], steps: list[str], is_coded: bool, at_most: int
) -> None:
    reader, errand = BodyReader(), Errand()
    reader.keeps_content = True
    service = make_streaming_service(errand=errand, reader=reader)
    sent = gzip.compress(body) if is_coded else body
    stream = bytearray(OTHER + announce(len(sent), b"/lines?at_most=%d" % at_most, *[b"content-encoding: gzip"] * is_coded))
    stream += sent + OTHER
    async with run(service):
        protocol, wire = Server(service).connect()

        def arrive(step: int) -> None:
            length = cuts[step % len(cuts)]
            if stream:
                protocol.data_received(bytes(stream[:length]))
                del stream[:length]

        for number, step in enumerate(steps):
            if step == "arrive" and wire.reading:
                arrive(number)
            elif step == "hold":
                reader.may_go_on.clear()
            elif step == "release":
                reader.may_go_on.set()
            else:
                await asyncio.sleep(0)
        reader.may_go_on.set()
        while stream:
            await settle(3)
            arrive(0)
        await settle(200)
    assert body.startswith(reader.content)
    assert reader.content == body or len(reader.content) >= at_most
    responses = wire.written.count(b"HTTP/1.1 200 OK")
    assert responses == (2 if wire.ended else 3)
    assert errand.runs == responses - 1
