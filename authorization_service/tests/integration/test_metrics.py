"""Metrics of the authorization service."""

from pathlib import Path

import httpx

from test_support.metrics import look_up
from test_support.processes import Service, Tarantool, reserve_port, wait_until


def test_logins_keys_and_passwords_are_measured(tmp_path: Path) -> None:
    port = reserve_port()
    with (
        Tarantool("authorization", tmp_path / "tarantool") as tarantool,
        Service("authorization", tmp_path / "service", tarantool, AUTHORIZATION_METRICS_PORT=str(port)) as service,
    ):
        service.wait_until_ready()
        wrong = {"username": "nobody", "password": "Wrong-horse-7"}
        for _ in range(2):
            httpx.post(f"{service.url}/login", json=wrong, trust_env=False)
        labels = {"method": "POST", "route": "/login", "status": "4xx"}
        wait_until(lambda: look_up(port, "http_request_duration_seconds_count", **labels) == 2, "both requests counted")
        assert look_up(port, "passwords_waiting") == 0
        assert look_up(port, "signing_keys") == 1
        assert look_up(port, "revocations") is not None
        registered = {"type": "UserRegistered"}
        wait_until(lambda: look_up(port, "authorization_events_total", **registered) == 1, "the administrator's event counted")
        assert look_up(port, "authorization_users") == 1
