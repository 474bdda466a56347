"""Clients that close their half of a connection behind their requests, as `nc -N` and many scripts do."""

import socket

import pytest

from test_support.http.streaming_service import StreamingService
from test_support.processes import wait_until

NOTE = b'{"text":"hello"}'
WRITE = b"POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n" + NOTE
LINES = (
    b"POST /lines HTTP/1.1\r\nhost: service\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n"
)
SILENT = b"GET /silent HTTP/1.1\r\nhost: service\r\n\r\n"


def send_and_close_half(service: StreamingService, sent: bytes) -> bytes:
    """Return all that the service sends."""
    with service.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(65536):
            received += data
        return received


@pytest.mark.parametrize("request_", [WRITE, LINES, WRITE.replace(b"/notes", b"/absent"), WRITE * 3])
def test_client_receives_its_response_and_the_connection_closes(service: StreamingService, request_: bytes) -> None:
    received = send_and_close_half(service, request_)
    assert received.count(b"HTTP/1.1 ") == request_.count(b"HTTP/1.1")
    assert received.endswith(b"}")


def test_nothing_remains_of_a_client_that_has_sent_nothing(service: StreamingService) -> None:
    assert send_and_close_half(service, b"") == b""


def test_stream_of_events_ends(service: StreamingService) -> None:
    assert b"0\r\n\r\n" not in send_and_close_half(service, SILENT)
    wait_until(lambda: len(service.find_lines("/silent")) == 1, "the stream's end")


def test_responses_before_a_malformed_request_arrive(service: StreamingService) -> None:
    with service.connect() as client:
        client.sendall(WRITE + b"garbage\r\n\r\n")
        received = b""
        while data := client.recv(65536):
            received += data
    first, second = received.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"201 ")
    assert second.startswith(b"400 ")


def test_client_that_goes_on_sending_receives_why_it_was_rejected(service: StreamingService) -> None:
    with service.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: service\r\nx: ")
        for _ in range(100):
            client.sendall(b"x" * 10_000)  # nothing resets the connection
        assert client.recv(65536).startswith(b"HTTP/1.1 431 ")
