"""Dependencies fail and recover: no acknowledged write is lost, and the service needs no restart."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker, publish_keys

# The service answers within two seconds; the rest is for a busy machine.
TIMEOUT = httpx.Timeout(20.0)


@pytest.fixture
def client(service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(service, tokens.make(), timeout=TIMEOUT) as client:
        yield client


def test_503_while_tarantool_is_down_and_success_right_after_its_restart(client: httpx.Client, database: Tarantool) -> None:
    client.post("/write", json={"data": {"a": 1.0}}).raise_for_status()
    database.kill()
    for path, body in (("/read", {"keys": ["a"]}), ("/read", {"keys": ["a", "b"]}), ("/write", {"data": {"b": 1}})):
        answer = client.post(path, json=body)
        read_problem(answer, 503, "store-unavailable")
        assert answer.headers["retry-after"] == "1"
    assert read_problem(client.get("/health/ready"), 503, "not-ready")["missing"] == ["tarantool"]
    assert client.get("/health/live").json() == {"status": "live"}
    database.start()
    answer = client.post("/read", json={"keys": ["a", "b"]})
    assert (answer.status_code, answer.text) == (200, '{"data":{"a":1.0},"missing":["b"],"revision":1}')


def test_503_while_tarantool_is_frozen_and_success_when_it_resumes(client: httpx.Client, database: Tarantool) -> None:
    client.post("/write", json={"data": {"a": 1}}).raise_for_status()
    database.signal(signal.SIGSTOP)
    try:
        read_problem(client.post("/read", json={"keys": ["a"]}), 503, "store-unavailable")
        read_problem(client.post("/write", json={"data": {"a": 2}}), 503, "store-unavailable")
        read_problem(client.get("/health/ready"), 503, "not-ready")
    finally:
        database.signal(signal.SIGCONT)
    assert client.post("/read", json={"keys": ["a"]}).is_success


def test_service_starts_before_its_dependencies_and_becomes_ready_with_them(tmp_path: Path, tokens: TokenMaker) -> None:
    database = Tarantool("key_value", tmp_path / "tarantool")
    service = Service(
        "key_value",
        tmp_path / "service",
        database,
        KEY_VALUE_JWKS_URL=f"http://127.0.0.1:{reserve_port()}/keys",
    )
    with service, httpx.Client(base_url=service.url, trust_env=False, timeout=TIMEOUT) as client:
        service.wait_until_live()
        missing = read_problem(client.get("/health/ready"), 503, "not-ready")["missing"]
        assert missing == ["tarantool", "signing keys"]
        headers = {"Authorization": f"Bearer {tokens.make()}"}
        answer = client.post("/read", json={"keys": ["a"]}, headers=headers)
        read_problem(answer, 503, "signing-keys-unknown")
        with database:
            wait_until(lambda: client.get("/health/ready").json()["missing"] == ["signing keys"], "Tarantool being found")


def test_service_keeps_working_while_the_key_set_is_unreachable(tmp_path: Path, database: Tarantool) -> None:
    tokens = TokenMaker()
    with ExitStack() as publishing:
        service = Service(
            "key_value",
            tmp_path / "service",
            database,
            KEY_VALUE_JWKS_URL=publishing.enter_context(publish_keys(tokens)),
            KEY_VALUE_JWKS_REFRESH_SECONDS="0.1",
            KEY_VALUE_JWKS_PAUSE_SECONDS="0.1",
        )
        with service, httpx.Client(base_url=service.url, trust_env=False, timeout=TIMEOUT) as client:
            service.wait_until_ready()
            publishing.close()
            wait_until(lambda: "cannot fetch the signing keys" in service.output, "a failed fetch")
            headers = {"Authorization": f"Bearer {tokens.make(jti='seen for the first time')}"}
            assert client.post("/read", json={"keys": ["a"]}, headers=headers).is_success
            assert client.get("/health/ready").is_success
