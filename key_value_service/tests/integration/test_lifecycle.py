"""Starting and stopping, and messages about failures to start."""

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from test_support.problems import read_problem
from test_support.processes import STOP_SECONDS, Service, Tarantool, wait_until
from test_support.tokens import ISSUER, TokenMaker

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture
def service(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> Iterator[Service]:
    with Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service:
        yield service.wait_until_ready()


def test_incomplete_request_does_not_delay_shutdown(service: Service, tokens: TokenMaker) -> None:
    head = (
        f"POST /read HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=STOP_SECONDS) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096) == CONTINUE
        connection.sendall(b"{")
        service.signal(signal.SIGTERM)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"urn:problem-type:shutting-down" in answer
    assert service.wait() == 0
    assert "graceful shutdown exceeded" in service.output
    assert "Traceback" not in service.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_service_with_status_0(service: Service, number: signal.Signals) -> None:
    service.signal(number)
    assert service.wait() == 0
    assert "Traceback" not in service.output


@contextmanager
def delayed_service(folder: Path, tarantool: Tarantool, jwks_url: str, seconds: str, workers: str) -> Iterator[Service]:
    """A service all of whose workers are ready, and delay SIGTERM."""
    with Service(
        "key_value",
        folder,
        tarantool,
        KEY_VALUE_JWKS_URL=jwks_url,
        KEY_VALUE_SHUTDOWN_DELAY_SECONDS=seconds,
        KEY_VALUE_WORKERS=workers,
    ) as service:
        wait_until(lambda: service.output.count("startup complete") == int(workers), "all workers ready")
        yield service


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("last", [signal.SIGTERM, signal.SIGINT])
def test_delayed_service_is_not_ready_and_serves_until_a_second_signal(
    tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str, tokens: TokenMaker, workers: str, last: signal.Signals
) -> None:
    with delayed_service(tmp_path, key_value_tarantool, jwks_url, "600", workers) as service:
        service.signal(signal.SIGTERM)
        wait_until(lambda: service.output.count("shutting down later") == int(workers), "the service receiving the signal")
        with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {tokens.make()}"}, trust_env=False) as client:
            for _ in range(4):
                answer = client.get("/health/ready")
                assert read_problem(answer, 503, "shutting-down")["detail"].startswith("The service is about to shut down")
                assert client.get("/health/live").json() == {"status": "live"}
                assert client.post("/read", json={"keys": ["a"]}).is_success
        service.signal(last)
        assert service.wait() == 0
        assert "Traceback" not in service.output


def test_delay_ends_by_itself(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> None:
    with delayed_service(tmp_path, key_value_tarantool, jwks_url, "0.5", "1") as service:
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
        assert "shutting down later" in service.output


def test_workers_that_have_lost_their_supervisor_end_without_a_delay(
    tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str
) -> None:
    with delayed_service(tmp_path, key_value_tarantool, jwks_url, "600", "2") as service:
        service.signal(signal.SIGKILL)
        service.wait()
        wait_until(lambda: not service.is_healthy("live"), "the workers ending")


def test_accepted_request_is_answered_after_sigterm(service: Service, tokens: TokenMaker) -> None:
    body = b'{"keys":["a"]}'
    head = (
        f"POST /read HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=STOP_SECONDS) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096) == CONTINUE
        connection.sendall(body[:5])
        service.signal(signal.SIGTERM)
        wait_until(lambda: "Shutting down" in service.output, "the service receiving the signal")
        connection.sendall(body[5:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert service.wait() == 0


def test_each_request_is_logged_as_one_json_line_without_the_token(service: Service, tokens: TokenMaker) -> None:
    token = tokens.make(sub="somebody")
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "the-id"}
    httpx.post(f"{service.url}/read", json={"keys": ["a"]}, headers=headers, trust_env=False)
    httpx.get(f"{service.url}/secret-path?token={token}", headers=headers, trust_env=False)
    service.stop()
    lines = [json.loads(line) for line in service.output.splitlines()]
    read, unknown = [line for line in lines if line.get("request_id") == "the-id"]
    assert {"method": "POST", "route": "/read", "status": 200, "user_id": "somebody", "level": "info"}.items() <= read.items()
    assert read["milliseconds"] > 0
    assert (unknown["route"], unknown["status"]) == ("", 404)
    assert token not in service.output
    assert token.rpartition(".")[2] not in service.output


def test_invalid_setting_is_reported_by_name_in_one_line(tmp_path: Path, key_value_tarantool: Tarantool) -> None:
    service = Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_MAX_BODY_BYTES="many", KEY_VALUE_JWKS_URL="ftp://x")
    assert service.start().wait() == 78
    lines = service.output.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "broken setting KEY_VALUE_MAX_BODY_BYTES",
        "broken setting KEY_VALUE_JWKS_URL",
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ROOT_PATH", "kv"),
        ("ROOT_PATH", "https://example.org/kv"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TARANTOOL_ADDRESSES", "10.0.0.1"),
    ],
)
def test_invalid_setting_of_addresses_or_paths_is_reported_by_name(
    tmp_path: Path, key_value_tarantool: Tarantool, setting: str, value: str
) -> None:
    service = Service("key_value", tmp_path, key_value_tarantool, port=None, **{f"KEY_VALUE_{setting}": value})
    assert service.start().wait() == 78
    assert service.output.startswith(f"broken setting KEY_VALUE_{setting}: ")


def test_start_fails_with_a_message_if_the_port_is_in_use(
    service: Service, tmp_path: Path, key_value_tarantool: Tarantool
) -> None:
    second = Service("key_value", tmp_path / "second", key_value_tarantool, KEY_VALUE_PORT=str(service.port))
    assert second.start().wait() != 0
    message = json.loads(second.output)
    assert (message["event"], message["port"], message["reason"]) == ("cannot listen", service.port, "Address already in use")


def test_documentation_needs_no_other_hosts(service: Service) -> None:
    page = httpx.get(f"{service.url}/docs", trust_env=False)
    assert page.is_success
    assert "https://" not in page.text.replace("https://fastapi.tiangolo.com", "")
    assert httpx.get(f"{service.url}/static-offline-docs/swagger-ui-bundle.js", trust_env=False).is_success


def test_openapi_document_has_every_status_and_the_security_schemes(service: Service) -> None:
    document = httpx.get(f"{service.url}/openapi.json", trust_env=False).json()
    expected = {
        "post /write": "200 400 401 403 404 409 413 415 422 503 507",
        "post /read": "200 400 401 403 404 413 415 422 503",
        "post /delete": "200 400 401 403 404 409 413 415 422 503 507",
        "post /namespaces/{namespace}/transactions": "200 400 401 403 404 409 413 415 422 503 507",
        "get /namespaces": "200 400 401 422 503",
        "put /namespaces/{name}": "200 201 400 401 403 409 413 415 422 503 507",
        "get /namespaces/{name}": "200 400 401 403 404 422 503",
        "delete /namespaces/{name}": "204 400 401 403 404 409 422 503 507",
        "get /namespaces/{name}/stats": "200 400 401 403 404 422 503",
        "get /statistics": "200 400 401 403 422 503",
        "get /namespaces/{namespace}/pairs": "200 400 401 403 404 422 503",
        "get /namespaces/{namespace}/children": "200 400 401 403 404 422 503",
        "delete /namespaces/{namespace}/pairs": "200 400 401 403 404 422 503 507",
        "get /namespaces/{namespace}/watch": "200 400 401 403 404 410 422 503",
        "post /namespaces/{namespace}/watch-tickets": "201 400 401 403 404 422 429 503 507",
    }
    of_a_pair = {
        "get {pair}": "200 304 400 401 403 404 412 422 503",
        "put {pair}": "200 201 400 401 403 404 409 412 413 415 422 503 507",
        "patch {pair}": "200 400 401 403 404 409 412 413 415 422 503 507",
        "delete {pair}": "200 204 400 401 403 404 412 422 503 507",
        "get {pair}/history": "200 400 401 403 404 422 503",
        "put {pair}/ttl": "200 400 401 403 404 409 412 413 415 422 503 507",
        "post {pair}/increment": "200 400 401 403 404 409 412 413 415 422 503 507",
    }
    for pair in ("/namespaces/{namespace}/pair", "/namespaces/{namespace}/pairs/{key}"):
        expected |= {name.replace("{pair}", pair): statuses for name, statuses in of_a_pair.items()}
    for name, statuses in expected.items():
        method, path = name.split()
        operation = document["paths"][path][method]
        assert " ".join(sorted(operation["responses"])) == statuses
        assert operation["security"] == [{"login": []}, {"access_token": []}]
    schemes = document["components"]["securitySchemes"]
    assert schemes["login"]["flows"]["password"]["tokenUrl"] == f"{ISSUER}/token"
    assert schemes["access_token"]["scheme"] == "bearer"
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_workers_share_the_port_are_replaced_and_end_with_status_0(
    tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str, tokens: TokenMaker
) -> None:
    service = Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2")
    headers = {"Authorization": f"Bearer {tokens.make()}"}

    def count_starts() -> int:
        return service.output.count("Application startup complete.")

    with service:
        service.wait_until_ready()
        wait_until(lambda: count_starts() == 2, "both workers starting")
        worker = re.search(r"Started server process \[(\d+)\]", service.output)
        assert worker is not None
        os.kill(int(worker[1]), signal.SIGKILL)
        wait_until(lambda: count_starts() == 3, "the dead worker being replaced")
        for _ in range(20):
            assert httpx.post(f"{service.url}/read", json={"keys": ["a"]}, headers=headers, trust_env=False).is_success
        assert service.stop() == 0


def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> None:
    service = Service("key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2")
    with service:
        service.wait_until_ready()
        wait_until(lambda: service.output.count("Application startup complete.") == 2, "both workers starting")
        service.kill()
        wait_until(lambda: service.output.count("Application shutdown complete.") == 2, "both workers ending")
        assert service.start().wait_until_ready()
