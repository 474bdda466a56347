"""The key-value service's metrics for Prometheus."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import httpx
import pytest

from shared_kernel.presentation.http.telemetry.figures import PUBLISH_SECONDS
from test_support.metrics import look_up
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

Start = Callable[..., AbstractContextManager[Service]]
ANSWERED = "http_request_duration_seconds_count"
MANY_PAIRS = 1000
LIVE = {"method": "GET", "route": "/health/live", "status": "2xx"}


@pytest.fixture
def start(tmp_path: Path, key_value_tarantool: Tarantool, jwks_url: str) -> Start:
    """Return a function that starts a service with metrics on `KEY_VALUE_METRICS_PORT`."""
    return partial(Service, "key_value", tmp_path, key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url)


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


def try_to_look_up(port: int, name: str, **labels: str) -> float | None:
    """Return a sample, or None if there is none, or nobody to ask."""
    try:
        return look_up(port, name, **labels)
    except httpx.HTTPError:
        return None


def find_workers(service: Service) -> list[int]:
    """Return the process ids of the workers."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    return [int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


def request_often(url: str) -> None:
    """Request /health/live 20 times, each on a connection of its own, so that any worker may get it."""
    for _ in range(20):
        httpx.get(f"{url}/health/live", trust_env=False)


def test_all_workers_are_counted_together_even_those_that_have_ended(start: Start) -> None:
    port = reserve_port()
    with start(KEY_VALUE_METRICS_PORT=str(port), KEY_VALUE_WORKERS="2") as service:
        service.wait_until_ready()
        wait_until(lambda: try_to_look_up(port, "key_value_service_workers") == 2, "both workers seen")
        request_often(service.url)
        wait_until(lambda: try_to_look_up(port, ANSWERED, **LIVE) == 20, "all requests counted")

        before = set(find_workers(service))
        time.sleep(2 * PUBLISH_SECONDS)  # what a worker has not published is gone with it
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len(before.symmetric_difference(find_workers(service))) == 4, "successors of both")
        wait_until(lambda: try_to_look_up(port, "key_value_service_workers") == 2, "both successors seen")
        request_often(service.url)
        wait_until(lambda: (try_to_look_up(port, ANSWERED, **LIVE) or 0) >= 40, "all requests counted, those before, too")
        assert look_up(port, "http_requests_under_way") == 0


def test_what_is_stored_and_what_tarantool_says_of_itself_is_measured(start: Start, tokens: TokenMaker) -> None:
    port = reserve_port()
    with start(KEY_VALUE_METRICS_PORT=str(port)) as service:
        service.wait_until_ready()
        headers = {"Authorization": f"Bearer {tokens.make(scope='admin:*')}"}
        with httpx.Client(base_url=service.url, trust_env=False, headers=headers) as client:
            client.put("/namespaces/measured", json={}).raise_for_status()
            # Other tests' namespaces are there, too, and the largest are measured.
            many = {"namespace": "measured", "data": dict.fromkeys(map(str, range(MANY_PAIRS)), 0)}
            revision = client.post("/write", json=many).raise_for_status().json()["revision"]
            for _ in range(2):  # the second is answered as the first was
                once = {"Idempotency-Key": '"once"'}
                client.post("/namespaces/measured/pair/increment?key=count", headers=once, json={}).raise_for_status()
        wait_until(lambda: look_up(port, "key_value_namespace_pairs", namespace="measured") == MANY_PAIRS + 1, "pairs counted")
        assert look_up(port, "key_value_namespace_revision", namespace="measured") == revision + 1
        assert look_up(port, "idempotent_replays_total") == 1
        address = f"127.0.0.1:{service.tarantool.port}"
        free, size = (look_up(port, f"tarantool_disk_{name}_bytes", address=address) or 0 for name in ("free", "size"))
        assert size == shutil.disk_usage(service.tarantool.directory).total
        assert 0 < free <= size
        used, limit = (look_up(port, f"tarantool_memory_{name}_bytes", address=address) or 0 for name in ("used", "limit"))
        assert 0 < used < limit


def test_without_a_port_there_are_no_metrics(key_value_service: Service) -> None:
    assert httpx.get(f"{key_value_service.url}/metrics", trust_env=False).status_code == 404


def test_service_works_without_metrics_if_their_port_is_in_use(start: Start, key_value_service: Service) -> None:
    with start(KEY_VALUE_METRICS_PORT=str(key_value_service.port)) as service:
        service.wait_until_ready()
        assert "cannot serve metrics" in service.output
