"""Streaming bodies, sent to a real server by real clients."""

import gzip
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
import zstandard

from test_support.http.streaming_service import StreamingService
from test_support.http.stub_streams import LINE
from test_support.processes import wait_until

HEADERS = {"content-type": "application/x-ndjson"}
PIECE = LINE * 1000  # a megabyte
TYPE = b"content-type: application/x-ndjson\r\n"


def repeat(times: int) -> Iterator[bytes]:
    for _ in range(times):
        yield PIECE


def test_memory_is_bounded_however_much_arrives(service: StreamingService) -> None:
    before = service.memory
    answer = httpx.post(f"{service.url}/lines", content=repeat(200), headers=HEADERS, trust_env=False, timeout=60)
    assert answer.json()["length"] == 200 * len(PIECE)
    assert service.memory - before < 20_000_000


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_memory_is_bounded_for_compressed_bodies(
    service: StreamingService, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    before = service.memory
    body = compress(PIECE * 100)
    assert len(body) < 1_000_000
    headers = HEADERS | {"content-encoding": coding}
    answer = httpx.post(f"{service.url}/lines", content=body, headers=headers, trust_env=False, timeout=60)
    assert answer.json()["length"] == 100 * len(PIECE)
    assert service.memory - before < 40_000_000


def test_unread_body_is_not_received(service: StreamingService) -> None:
    before = service.memory
    with service.connect() as client:
        client.sendall(b"POST /unread HTTP/1.1\r\nhost: service\r\n" + TYPE + b"content-length: 100000000\r\n\r\n")
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            client.sendall(PIECE * 90)
        assert service.memory - before < 20_000_000
        assert httpx.get(f"{service.url}/health/live", trust_env=False).is_success
    service.kill()  # it would wait for the body


def test_client_that_is_rejected_while_sending_receives_the_response(service: StreamingService) -> None:
    with service.connect() as client:
        client.sendall(b"POST /private/lines HTTP/1.1\r\nhost: service\r\n" + TYPE + b"content-length: 100000000\r\n\r\n")
        for piece in repeat(50):
            client.sendall(piece)
        answer = b""
        while received := client.recv(4096):
            answer += received
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in head
    assert json.loads(body)["type"] == "urn:problem-type:authentication-required"


@pytest.mark.parametrize(
    ("path", "version", "field", "status"),
    [
        ("/private/notes", "1.1", "connection: close", 401),
        ("/private/notes", "1.0", "accept: */*", 401),
        ("/private/notes", "1.1", "expect: 100-continue", 401),
        ("/absent", "1.1", "connection: close", 404),
        ("/absent", "1.0", "accept: */*", 404),
    ],
)
def test_client_that_is_rejected_while_it_sends_a_whole_body_gets_the_response(
    service: StreamingService, path: str, version: str, field: str, status: int
) -> None:
    with service.connect() as client:
        fields = f"host: service\r\ncontent-type: application/json\r\n{field}\r\ncontent-length: 30000000\r\n\r\n"
        client.sendall(f"POST {path} HTTP/{version}\r\n{fields}".encode())
        for piece in repeat(30):  # as proxies and clients do that do not read before they have sent
            client.sendall(piece)
        answer = b""
        while received := client.recv(4096):
            answer += received
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.endswith(b"}")


def test_response_before_the_end_of_the_body_reaches_the_client(service: StreamingService) -> None:
    answer = httpx.post(f"{service.url}/lines?at_most=1000000", content=repeat(20), headers=HEADERS, trust_env=False, timeout=60)
    assert answer.status_code == 200
    assert 1_000_000 <= answer.json()["length"] < 2_000_000


def test_disconnected_client_is_logged_as_499(service: StreamingService) -> None:
    with service.connect() as client:
        client.sendall(b"POST /lines HTTP/1.1\r\nhost: service\r\n" + TYPE + b"content-length: 100\r\n\r\nabc")
    wait_until(lambda: len(service.find_lines("/lines")) == 1, "the request's end")
    (line,) = service.find_lines("/lines")
    assert line["status"] == 499
    assert "unexpected error" not in service.output
