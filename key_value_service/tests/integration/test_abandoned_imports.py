"""Imports of which a few bytes decode to very much, and whose clients do not wait for the answer."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import httpx
import pytest
import zstandard

from test_support.problems import read_problem
from test_support.processes import Service, wait_until
from test_support.tokens import TokenMaker

LINE = b'{"key":"a","value":1}\n'
BOMBS: dict[str, bytes] = {"empty": b"\n", "blank": b" \n", "refused": b"1\n", "pairs": LINE}


@cache
def make_bomb(lines: bytes, size: int) -> bytes:
    """Return zstd of so many bytes of these lines, without having them in memory."""
    compressor = zstandard.ZstdCompressor(3).compressobj()
    piece = lines * (1_000_000 // len(lines))
    return b"".join(compressor.compress(piece) for _ in range(size // len(piece))) + compressor.flush()


def begin_import(
    service: Service, token: str, namespace: str, body: bytes, coding: str = "zstd", version: str = "1.1"
) -> socket.socket:
    head = (
        f"POST /namespaces/{namespace}/import HTTP/{version}\r\nHost: h\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    connection.sendall(head.encode() + body)
    return connection


def find_ends(service: Service) -> list[int]:
    """Return the statuses of the imports that have ended."""
    return [json.loads(line)["status"] for line in service.output.splitlines() if "/import" in line]


@contextmanager
def measured(client: httpx.Client) -> Iterator[list[float]]:
    """Read again and again while the context lasts; gather how many seconds it takes."""
    took: list[float] = []
    is_over = threading.Event()

    def measure() -> None:
        while not is_over.is_set():
            began = time.perf_counter()
            client.post("/read", json={"keys": ["a"]}).raise_for_status()
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=measure)
    thread.start()
    try:
        yield took
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("lines", BOMBS.values(), ids=BOMBS)
def test_abandoned_import_ends_within_a_second(service: Service, tokens: TokenMaker, lines: bytes) -> None:
    body = make_bomb(lines, 2_000_000_000)
    connection = begin_import(service, tokens.make(scope="admin:*"), "default", body)
    time.sleep(0.2)
    connection.close()
    closed = time.perf_counter()
    wait_until(lambda: len(find_ends(service)) == 1, "the import's end")
    assert find_ends(service)[0] in ((499,) if lines == LINE else (499, 413, 422))  # those that bring nothing may end before
    assert time.perf_counter() - closed < 2  # a second, and the time to see its line in the log


def test_other_requests_are_answered_while_bombs_are_decoded(service: Service, tokens: TokenMaker) -> None:
    body = make_bomb(b"\n", 2_000_000_000)
    token = tokens.make(scope="admin:*")
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30) as client:
        connections = [begin_import(service, token, "default", body) for _ in range(20)]
        with measured(client) as took:
            time.sleep(3)
        for connection in connections:
            connection.close()
    took.sort()
    assert took[len(took) // 2] < 0.1


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_client_that_closes_its_half_gets_the_answer(
    service: Service, tokens: TokenMaker, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    lines = b"".join(b'{"key":"key-%d","value":%d}\n' % (number, number) for number in range(100_000))
    with begin_import(service, tokens.make(scope="admin:*"), "default", compress(lines), coding) as connection:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(60)
        received = b""
        while b'"written":100000' not in received:
            part = connection.recv(65536)
            assert part, received
            received += part
    *interim, _ = received.split(b"HTTP/1.1 200 OK")
    assert interim in ([b""], [b"HTTP/1.1 100 Continue\r\n\r\n"])


def test_http_1_0_client_that_closes_its_half_behind_the_body_gets_the_answer(service: Service, tokens: TokenMaker) -> None:
    body = zstandard.compress(LINE * 300_000)  # a second or two to write
    with begin_import(service, tokens.make(scope="admin:*"), "default", body, version="1.0") as connection:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(60)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b'"written":300000' in received


def test_bomb_is_too_large_beyond_what_gzip_could_do(service: Service, tokens: TokenMaker) -> None:
    headers = {"Authorization": f"Bearer {tokens.make(scope='admin:*')}", "Content-Type": "application/x-ndjson"}
    answer = httpx.post(
        f"{service.url}/namespaces/default/import",
        content=make_bomb(b"\n", 2_000_000_000),
        headers=headers | {"Content-Encoding": "zstd"},
        trust_env=False,
        timeout=60,
    )
    read_problem(answer, 413, "body-too-large")
