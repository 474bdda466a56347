"""The key-value service's metrics for Prometheus."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import httpx
import pytest

from test_support.metrics import look_up
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

Start = Callable[..., AbstractContextManager[Service]]
ANSWERED = "http_request_duration_seconds_count"
LIVE = {"method": "GET", "route": "/health/live", "status": "2xx"}


@pytest.fixture
def start(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> Start:
    """Return a function that starts a service with metrics on `KEY_VALUE_METRICS_PORT`."""
    return partial(Service, "key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url)


def is_free(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
    except httpx.ConnectError:
        return True
    return False


def reserve_two_ports() -> int:
    """Return the first of two consecutive free ports."""
    port = reserve_port()
    try:
        reserve_port(port + 1)
    except OSError:
        return reserve_two_ports()
    return port


def test_requests_are_counted_by_operation_and_status_beside_other_metrics(start: Start, tokens: TokenMaker) -> None:
    port = reserve_port()
    with start(KEY_VALUE_METRICS_PORT=str(port)) as service:
        service.wait_until_ready()
        headers = {"Authorization": f"Bearer {tokens.make()}"}
        with httpx.Client(base_url=service.url, trust_env=False) as client:
            for _ in range(3):
                client.post("/read", json={"keys": ["a"]}, headers=headers).raise_for_status()
            client.post("/read", json={"keys": ["a"]})
            client.request("PROPFIND", "/no/such/path")

        read = {"method": "POST", "route": "/read"}
        wait_until(lambda: look_up(port, ANSWERED, method="", route="", status="4xx") == 1, "the last request counted")
        assert look_up(port, ANSWERED, **read, status="2xx") == 3
        assert look_up(port, ANSWERED, **read, status="4xx") == 1
        assert look_up(port, "http_requests_under_way") == 0
        assert look_up(port, "signing_keys") == 1
        assert look_up(port, "remembered_access_tokens") == 1
        assert look_up(port, "revocations_age_seconds") == float("inf")
        assert look_up(port, "process_resident_memory_bytes")


def test_each_worker_has_its_own_metrics_port(start: Start) -> None:
    port = reserve_two_ports()
    with start(KEY_VALUE_METRICS_PORT=str(port), KEY_VALUE_WORKERS="2") as service:
        service.wait_until_ready()
        wait_until(lambda: not is_free(port + 1), "the second worker's metrics")
        for _ in range(20):  # each on a connection of its own, to any worker
            httpx.get(f"{service.url}/health/live", trust_env=False)
        ports = (port, port + 1)
        wait_until(lambda: sum(look_up(each, ANSWERED, **LIVE) or 0 for each in ports) == 20, "all requests counted")


def test_without_a_port_there_are_no_metrics(key_value_service: Service) -> None:
    assert httpx.get(f"{key_value_service.url}/metrics", trust_env=False).status_code == 404


def test_service_works_without_metrics_if_their_port_is_in_use(start: Start, key_value_service: Service) -> None:
    with start(KEY_VALUE_METRICS_PORT=str(key_value_service.port)) as service:
        service.wait_until_ready()
        assert "cannot serve metrics" in service.output
