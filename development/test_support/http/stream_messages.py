"""Requests of the streaming stub service, and what is read from its responses."""

import json

import h11

from test_support.http.stub_service import GOOD_TOKEN
from test_support.http.wire import Wire

STREAM = b"GET /stream HTTP/1.1\r\nhost: service\r\nx-request-id: the-stream\r\n\r\n"
NEWS = b"GET /news HTTP/1.1\r\nhost: service\r\nauthorization: Bearer %b\r\n\r\n" % GOOD_TOKEN.encode()
OTHER = b"GET /errand HTTP/1.1\r\nhost: service\r\n\r\n"
TYPE = b"content-type: application/x-ndjson\r\n"
CHUNKED = b"POST /lines HTTP/1.1\r\nhost: service\r\n" + TYPE + b"transfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def announce(length: int, path: bytes = b"/lines", *fields: bytes) -> bytes:
    """Return the head of a request with a body of that length."""
    return b"POST %b HTTP/1.1\r\nhost: service\r\n%b%bcontent-length: %d\r\n\r\n" % (
        path, TYPE, b"".join(field + b"\r\n" for field in fields), length,
    )  # fmt: skip


def chunk(data: bytes) -> bytes:
    """Return the data as one chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def read(written: bytes, method: str = "GET") -> tuple[int, dict[str, str], bytes, bool]:
    """Return status, header fields and body of the first response, and whether it is whole."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "service")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written)
    body = b""
    head = client.next_event()
    assert isinstance(head, h11.Response)
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    fields = {name.decode(): value.decode() for name, value in head.headers}
    return head.status_code, fields, body, isinstance(event, h11.EndOfMessage)


def read_json(wire: Wire) -> tuple[int, dict[str, object]]:
    """Return status and body of the only response."""
    head, _, body = wire.written.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)
