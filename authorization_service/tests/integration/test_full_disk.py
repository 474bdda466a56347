"""The disk of Tarantool's write-ahead log is full: writes are rejected and say so, reads work, and it recovers by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.problems import read_problem
from test_support.processes import Service, wait_until
from test_support.small_disk import TarantoolOnSmallDisk, filling


def refusal(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Send a request again and again until what the log has reserved is used up, and return the response."""
    while (answer := ask()).is_success:
        pass
    return answer


class Session:
    """A session of a user that is refreshed."""

    def __init__(self, user: Person) -> None:
        self._user = user
        self._token = user.log_in_elsewhere().log_in()["refresh_token"]

    def refresh(self) -> httpx.Response:
        answer = self._user("POST", "/refresh", {"refresh_token": self._token})
        if answer.is_success:
            self._token = answer.json()["refresh_token"]
        return answer


def test_full_disk_is_named_and_left_behind(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    with (
        TarantoolOnSmallDisk("authorization", tmp_path / "tarantool") as disk,
        Service("authorization", folder, disk) as service,
    ):
        anna = register(service.wait_until_ready())
        administrator = log_in_as_administrator(service, folder)
        login = {"username": anna.username, "password": anna.password}
        session = Session(anna)

        def readiness() -> Any:
            return httpx.get(f"{service.url}/health/ready", trust_env=False).json()

        assert readiness() == {"status": "ready"}
        disk.fill_disk()
        refused = [
            refusal(lambda: anna("PATCH", "/me", {"profile": {"filling": filling(10_000)}})),
            refusal(lambda: administrator("POST", "/clients", {"client_id": uuid4().hex, "scopes": []})),
            refusal(lambda: administrator("PUT", f"/groups/g-{uuid4().hex}")),
            refusal(lambda: anna("POST", "/login", login)),
            refusal(session.refresh),
            anna("PATCH", "/me", {"profile": {"filling": filling(10_000)}}),
        ]
        for answer in refused:
            assert "disk" in read_problem(answer, 507, "disk-full")["detail"]
        form = {"grant_type": "password", **login}
        token = refusal(lambda: httpx.post(f"{service.url}/token", data=form, trust_env=False))
        assert (token.status_code, token.json()["error"]) == (507, "temporarily_unavailable")
        assert "disk" in token.json()["error_description"]
        assert anna("GET", "/me").is_success
        wait_until(lambda: readiness() == {"status": "degraded", "missing": ["disk"]}, "the warning", 5)

        disk.free_disk()
        wait_until(lambda: anna("POST", "/login", login).is_success, "the recovery", 10)
        wait_until(lambda: readiness() == {"status": "ready"}, "the end of the warning", 10)
        assert session.refresh().is_success
