"""Requests rejected before any operation: too large heads, upgrades to other protocols, malformed HTTP."""

import base64
import json
import re
import socket

import httpx
import pytest

from test_support.processes import Service
from test_support.tokens import TokenMaker


def exchange(service: Service, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send the parts, and return the status, the header and the body of the first response."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            assert chunk, "the connection was closed without an answer"
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        while len(body) < int(fields["content-length"]):
            body += connection.recv(65536)
    return int(lines[0].split()[1]), fields, body


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /health/live HTTP/1.1\r\nHost: h\r\nX-Large: ", *[b"x" * 16384] * 40],
        [b"GET /health/live HTTP/1.1\r\nHost: h\r\n", *[b"X-Many: 1\r\n" * 1000] * 60],
        [b"GET /", *[b"a" * 16384] * 40],
    ],
    ids=["one large field", "many fields", "long target"],
)
def test_too_large_head_is_rejected(key_value_service: Service, parts: list[bytes]) -> None:
    status, fields, body = exchange(key_value_service, *parts)
    assert (status, fields["content-type"], fields["connection"]) == (431, "application/problem+json", "close")
    assert json.loads(body)["type"] == "urn:problem-type:head-too-large"
    assert json.loads(body)["request_id"] == fields["x-request-id"]


def test_large_body_does_not_count_as_head(key_value_service: Service, tokens: TokenMaker) -> None:
    body = json.dumps({"data": {"large": "x" * 1_000_000}}).encode()
    head = (
        f"POST /write HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    assert exchange(key_value_service, head, *chunks)[0] == 200


@pytest.mark.parametrize("wish", ["Upgrade: h2c", "upgrade: websocket", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"])
def test_upgrade_request_is_ignored_and_the_body_read(key_value_service: Service, tokens: TokenMaker, wish: str) -> None:
    head = (
        f"POST /read HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n{wish}\r\nAuthorization: Bearer {tokens.make()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 19\r\n\r\n"
    ).encode()
    status, _, body = exchange(key_value_service, head, b'{"keys":["never"]} ')
    assert (status, json.loads(body)["missing"]) == (200, ["never"])


@pytest.mark.parametrize(
    "request_bytes", [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"]
)
def test_malformed_http_is_answered_with_a_problem(key_value_service: Service, request_bytes: bytes) -> None:
    status, fields, body = exchange(key_value_service, request_bytes)
    assert (status, fields["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["type"] == "urn:problem-type:invalid-request"


def test_write_is_answered_before_what_is_no_request_behind_it(key_value_service: Service, tokens: TokenMaker) -> None:
    assert send_write(key_value_service, tokens, b"garbage\r\n\r\n", closes_half=False) == ["200", "400"]


def test_write_of_a_client_that_closes_its_half_is_answered(key_value_service: Service, tokens: TokenMaker) -> None:
    assert send_write(key_value_service, tokens, b"", closes_half=True) == ["200"]


def send_write(service: Service, tokens: TokenMaker, behind: bytes, *, closes_half: bool) -> list[str]:
    """Send a write and what is to be behind it at once; return the statuses of all responses until the connection closes."""
    body = b'{"data":{"half":1}}'
    head = (
        f"POST /write HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(head + body + behind)
        if closes_half:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
    return re.findall(r"HTTP/1\.1 (\d+)", received.decode())


def test_content_of_an_invalid_token_is_not_echoed(key_value_service: Service) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"at+jwt","kid":"x","crit":["\\ud800marker"]}').decode().rstrip("=")
    answer = httpx.post(
        f"{key_value_service.url}/read",
        json={"keys": ["a"]},
        headers={"Authorization": f"Bearer {header}.e30.e30"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:problem-type:invalid-token")
    assert "marker" not in answer.text
