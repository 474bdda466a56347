"""Whatever arrives on a connection, and whenever it ends: no exception escapes, and responses are whole and in order."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from test_support.http.stream_stubs import ChunkSource
from test_support.http.stub_service import GOOD_TOKEN, run
from test_support.http.stub_streams import make_streaming_service
from test_support.http.wire import Server, settle

TOKEN = b"authorization: Bearer %b\r\n" % GOOD_TOKEN.encode()
JSON = b"content-type: application/json\r\n"
LINES = b"content-type: text/plain\r\n"
UPGRADE = b"connection: upgrade\r\nupgrade: h2c\r\n"
EXPECT = b"expect: 100-continue\r\n"
NOTE = b'content-length: 16\r\n\r\n{"text":"hello"}'
CHUNKS = b'transfer-encoding: chunked\r\n\r\n4\r\n{"te\r\nc\r\nxt":"hello"}\r\n0\r\n\r\n'
TEXT = b"content-length: 6\r\n\r\nabcdef"
END = b"\r\n"

REQUESTS = {
    "call": (b"GET /caller HTTP/1.1\r\nhost: a\r\n" + TOKEN, END, {200}),
    "unauthenticated": (b"GET /caller HTTP/1.1\r\nhost: a\r\n", END, {401}),
    "document": (b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n", END, {200}),
    "absent": (b"GET /absent HTTP/1.1\r\nhost: a\r\n", END, {404}),
    "head": (b"HEAD /pages/1 HTTP/1.1\r\nhost: a\r\n", END, {200}),
    "note": (b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON, NOTE, {201}),
    "chunked note": (b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON, CHUNKS, {201}),
    "expected note": (b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON + EXPECT, NOTE, {201}),
    "unauthenticated note": (b"POST /private/notes HTTP/1.1\r\nhost: a\r\n" + JSON, NOTE, {401}),
    "large note": (b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON, b"content-length: 101\r\n\r\n" + b"x" * 101, {413}),
    "large chunked note": (
        b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON,
        b"transfer-encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n", {413}
    ),
    "upgrade": (b"GET /caller HTTP/1.1\r\nhost: a\r\n" + TOKEN + UPGRADE, END, {200}),
    "absent upgrade": (b"POST /absent HTTP/1.1\r\nhost: a\r\n" + UPGRADE, TEXT, {404}),
    "note with upgrade": (b"POST /notes HTTP/1.1\r\nhost: a\r\n" + JSON + UPGRADE, CHUNKS, {201}),
    "HTTP/1.0": (b"GET /caller HTTP/1.0\r\nconnection: keep-alive\r\n" + TOKEN, END, {200}),
    "close": (b"GET /caller HTTP/1.1\r\nhost: a\r\nconnection: close\r\n" + TOKEN, END, {200}),
    "tunnel": (b"CONNECT service:80 HTTP/1.1\r\nhost: a\r\n", END, {404}),
    "stream": (b"GET /stream HTTP/1.1\r\nhost: a\r\n", END, {200}),
    "HTTP/1.0 stream": (b"GET /stream HTTP/1.0\r\n", END, {200}),
    "endless stream": (b"GET /endless HTTP/1.1\r\nhost: a\r\n", END, {200}),
    "stream's head": (b"HEAD /stream HTTP/1.1\r\nhost: a\r\n", END, {200}),
    "lines": (b"POST /lines HTTP/1.1\r\nhost: a\r\n" + LINES, TEXT, {200}),
    "expected lines": (b"POST /lines HTTP/1.1\r\nhost: a\r\n" + LINES + EXPECT, TEXT, {200}),
    "some of the lines": (b"POST /lines?at_most=1 HTTP/1.1\r\nhost: a\r\n" + LINES, TEXT, {200}),
    "unauthenticated lines": (b"POST /private/lines HTTP/1.1\r\nhost: a\r\n" + LINES, TEXT, {401}),
    "echo": (b"POST /echo HTTP/1.1\r\nhost: a\r\n" + LINES, TEXT, {200}),
    "some of the echo": (b"POST /echo?at_most=1 HTTP/1.1\r\nhost: a\r\n" + LINES, TEXT, {200}),
}  # fmt: skip
"""Heads but for the id, the rest, and the status unless the server shuts down."""

MALFORMED = [
    b"no http\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n",
    b"PLAY / RTSP/1.0\r\n" + UPGRADE + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /lines HTTP/1.1\r\nhost: a\r\n" + LINES + b"transfer-encoding: chunked\r\n\r\nno chunk\r\n",
]

Step = tuple[str, Any]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("request"), st.sampled_from([*REQUESTS])),
        st.tuples(st.just("request"), st.sampled_from([*REQUESTS])),
        st.tuples(st.just("arrive"), st.integers(1, 600)),
        st.tuples(st.just("arrive"), st.integers(1, 600)),
        st.tuples(st.sampled_from(["arrive", "turns"]), st.integers(1, 20)),
        st.tuples(st.sampled_from(["pause", "resume"]), st.none()),
        st.tuples(st.just("malformed"), st.sampled_from(MALFORMED)),
        st.tuples(st.sampled_from(["shut down", "time out", "disconnect"]), st.none()),
        st.tuples(st.just("cancel"), st.booleans()),
    ),
    max_size=40,
)


class Client:
    """Sends on one connection what a test wants sent, as far as the transport would deliver it."""

    def __init__(self, server: Server, source: ChunkSource) -> None:
        self.server, self.source = server, source
        self.protocol, self.wire = server.connect()
        self.unsent = bytearray()
        self.requests: list[str] = []
        """Names of all requests, also of those that have not been sent."""
        self.is_lost = False
        self.is_malformed = False
        self.is_ending = False

    async def do(self, step: str, value: Any) -> None:
        if step == "turns":
            await settle(value)
        elif step == "request":
            self.request(value)
        elif step == "malformed":
            self.is_malformed = True
            self.unsent += value
        elif step == "cancel":
            await settle(1)  # tasks run before the server stops waiting for them
            self.cancel_tasks(reverse=value)
        elif not self.is_lost:
            self.affect_connection(step, value)
        if self.wire.closing and not self.is_lost:
            self.is_lost = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def request(self, name: str) -> None:
        head, rest, _ = REQUESTS[name]
        self.unsent += head + b"x-request-id: %d\r\n" % len(self.requests) + rest
        self.requests.append(name)
        if name in ("stream", "HTTP/1.0 stream"):
            self.source.send(b"abc", b"", b"def", None)

    def affect_connection(self, step: str, length: int) -> None:
        if step == "arrive":
            data = bytes(self.unsent[:length])
            del self.unsent[:length]
            if data:
                self.protocol.data_received(data)
        elif step == "pause":
            self.protocol.pause_writing()
        elif step == "resume":
            self.protocol.resume_writing()
        elif step == "time out":
            self.protocol.enforce_timeouts(asyncio.get_running_loop().time() + 1000)
        elif step == "shut down":
            self.is_ending = True
            self.protocol.shutdown()
        else:
            self.wire.closing = True

    def cancel_tasks(self, *, reverse: bool) -> None:
        """Cancel all that the server waits for, as it does when it has waited for long enough."""
        if self.is_ending:
            for task in sorted(self.server.state.tasks, key=lambda task: int(task.get_name().split("-")[1]), reverse=reverse):
                task.cancel()

    def read_responses(self) -> Iterator[tuple[str, int]]:
        """Yield the id and the status of each response whose head has been sent. Raises h11.RemoteProtocolError."""
        written = self.wire.written
        for name in [*self.requests, "rejected"]:
            if not written:  # h11 takes no bytes for the end of the connection
                return
            client = h11.Connection(h11.CLIENT)
            client.send(
                h11.Request(method=REQUESTS.get(name, (b"GET ",))[0].split()[0], target="/", headers=[("host", "service")])
            )
            client.send(h11.EndOfMessage())
            client.receive_data(written)
            while not isinstance(event := client.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    return
                if isinstance(event, h11.Response):
                    yield dict(event.headers)[b"x-request-id"].decode(), event.status_code
            written = client.trailing_data[0]
        assert written == b""


@contextmanager
def no_errors() -> Iterator[None]:
    """Fail if an exception reaches the event loop or is logged as unexpected."""
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    handler = logging.Handler(logging.ERROR)
    handler.emit = errors.append  # type: ignore[assignment]
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(handler)
    try:
        with capture_logs() as logs:
            yield
    finally:
        logger.removeHandler(handler)
    assert errors == []
    assert [line for line in logs if line["event"] == "unexpected error"] == []


@settings(max_examples=150)
@given(steps=STEPS)
async def test_no_sequence_of_events_breaks_a_connection(steps: list[Step]) -> None:
    source = ChunkSource()
    service = make_streaming_service(source)
    async with run(service):
        client = Client(Server(service), source)
        with no_errors():
            for step in [*steps, ("arrive", 100_000), ("resume", None)]:
                await client.do(*step)
            await settle(100 + 20 * len(client.requests))
            await client.do("turns", 0)
            is_open = not client.is_lost and not client.wire.ended
            await client.do("disconnect", None)
            await settle(100)
    responses = list(client.read_responses())
    numbers = [int(number) for number, _ in responses if len(number) < 32]
    assert numbers == list(range(len(numbers)))
    for number, status in responses:
        assert status == 503 or (status == 400 if len(number) == 32 else status in REQUESTS[client.requests[int(number)]][2])
    if is_open:
        waiting = client.requests.index("endless stream") + 1 if "endless stream" in client.requests else len(client.requests)
        assert len(numbers) == waiting
