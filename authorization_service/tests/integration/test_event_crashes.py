"""Events of changes that were acknowledged before Tarantool was killed survive."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from test_support.authorization.people import PASSWORD, Person, log_in_as_administrator, register
from test_support.processes import Service, Tarantool, wait_until

CLIENTS = 8


class Client:
    """Changes its profile, fails to log in and logs in, repeatedly, and counts what was acknowledged."""

    def __init__(self, service: Service) -> None:
        self.person = register(service)
        self.acknowledged = Counter({"UserRegistered": 1, "LoggedIn": 1})

    def work(self, stop: threading.Event) -> None:
        """Run until stopped, or until a response is lost or an error."""
        number = 0
        while not stop.is_set():
            number += 1
            try:
                self._do("ProfileChanged", 200, self.person("PATCH", "/me", {"profile": {"number": number}}))
                self._do("LoginRefused", 401, self._log_in("Wrong-horse-9"))
                self._do("LoggedIn", 200, self._log_in(PASSWORD))
            except httpx.HTTPError:
                return

    def _log_in(self, password: str) -> httpx.Response:
        return self.person("POST", "/login", {"username": self.person.username, "password": password})

    def _do(self, kind: str, status: int, answer: httpx.Response) -> None:
        if answer.status_code == status:
            self.acknowledged[kind] += 1


def count_events(administrator: Person, username: str) -> Counter[str]:
    answer = administrator("GET", f"/events?user={username}&limit=1000").raise_for_status().json()
    assert answer["next"] is None
    return Counter(event["type"] for event in answer["events"])


def test_killed_tarantool_loses_no_event_of_an_acknowledged_change(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as database,
        Service("authorization", tmp_path / "service", database) as service,
    ):
        service.wait_until_ready()
        clients = [Client(service) for _ in range(CLIENTS)]
        stop = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            working = [pool.submit(client.work, stop) for client in clients]
            wait_until(lambda: sum(client.acknowledged["LoginRefused"] for client in clients) >= 3 * CLIENTS, "some events")
            database.kill()
            stop.set()
            for each in working:
                each.result()
        database.start()
        service.wait_until_ready()
        administrator = log_in_as_administrator(service, tmp_path / "service")
        for client in clients:
            assert client.acknowledged.total() > 2
            assert count_events(administrator, client.person.username) >= client.acknowledged
