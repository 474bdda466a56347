"""Requests of the stub service, and what is read from its responses."""

from test_support.http.wire import Wire

POST = b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\n"
NOTE = b'{"text":"hello"}'


def find_ids(wire: Wire) -> list[int]:
    """Return the request ids of the responses, in order."""
    lines = wire.written.split(b"\r\n")
    return [int(line.removeprefix(b"x-request-id: ")) for line in lines if line.startswith(b"x-request-id: ")]
