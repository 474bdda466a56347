"""More requests than the service accepts at once, and clients that are slow on purpose."""

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from test_support.problems import read_problem
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker

LIMIT = 3


@pytest.fixture
def service(tmp_path: Path, database: Tarantool, jwks_url: str) -> Iterator[Service]:
    with Service(
        "key_value",
        tmp_path / "service",
        database,
        KEY_VALUE_JWKS_URL=jwks_url,
        KEY_VALUE_MAX_REQUESTS_UNDER_WAY=str(LIMIT),
    ) as service:
        yield service.wait_until_ready()


def read(service: Service, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{service.url}/read", json={"keys": ["a"]}, headers=headers, trust_env=False, timeout=5)


def test_requests_beyond_the_limit_get_503_immediately_and_the_service_recovers(
    service: Service, database: Tarantool, tokens: TokenMaker
) -> None:
    token = tokens.make()
    database.signal(signal.SIGSTOP)  # so that requests stay under way
    try:
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _: read(service, token), range(10)))
        health = httpx.get(f"{service.url}/health/live", trust_env=False)
    finally:
        database.signal(signal.SIGCONT)
    kinds = sorted(answer.json()["type"] for answer in answers)
    assert kinds == ["urn:problem-type:busy"] * (10 - LIMIT) + ["urn:problem-type:store-unavailable"] * LIMIT
    busy = next(answer for answer in answers if answer.json()["type"].endswith("busy"))
    read_problem(busy, 503, "busy")
    assert busy.headers["retry-after"] == "1"
    assert health.is_success
    assert read(service, token).is_success


def test_unfinished_bodies_take_no_slots(service: Service, tokens: TokenMaker) -> None:
    token = tokens.make()
    half_a_request = (
        f"POST /read HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n"
        'Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"keys"'
    ).encode()
    with ExitStack() as clients:
        for _ in range(20):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            client.sendall(half_a_request)
        assert read(service, token).is_success
