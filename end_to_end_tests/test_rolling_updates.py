"""Instances behind HAProxy are replaced one after the other under load, and no request is refused."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from test_support.balanced_store import BalancedStore, running_balanced_store
from test_support.processes import Service, wait_until

from .users import make_user, post

CLIENTS = 4
DELAY_SECONDS = "600"  # ended by a second SIGTERM, as soon as HAProxy has noticed
AT_LEAST = 50  # responses in each phase


class Load:
    """Clients that send requests through HAProxy, half of them on new connections, until the context ends."""

    def __init__(self, store: BalancedStore, token: str) -> None:
        self.answered = 0
        self.refused: list[str] = []
        self._store = store
        self._headers = {"Authorization": f"Bearer {token}"}
        self._stop = threading.Event()

    def wait(self) -> None:
        """Return after some more responses."""
        goal = self.answered + AT_LEAST
        wait_until(lambda: self.answered >= goal or bool(self.refused), "more responses")

    @contextmanager
    def run(self) -> Iterator[None]:
        """Send requests while the context lasts."""
        clients = [threading.Thread(target=self._send, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self._stop.set()
            for client in clients:
                client.join()

    def _send(self, number: int) -> None:
        limits = httpx.Limits(max_keepalive_connections=number % 2)
        with httpx.Client(headers=self._headers, trust_env=False, limits=limits, timeout=30) as client:
            written = 0
            while not self._stop.is_set():
                written += 1
                key = f"load-{number}"
                self._check(lambda: client.post(f"{self._store.key_value_url}/write", json={"data": {key: written}}))  # noqa: B023
                self._check(lambda: client.post(f"{self._store.key_value_url}/read", json={"keys": [key]}))  # noqa: B023
                self._check(lambda: client.get(f"{self._store.authorization_url}/me"))

    def _check(self, send: Callable[[], httpx.Response]) -> None:
        try:
            response = send()
        except httpx.HTTPError as error:
            self.refused.append(repr(error))
            return
        if response.status_code != httpx.codes.OK:
            self.refused.append(f"{response.request.url}: {response.status_code} {response.text}")
        self.answered += 1


def test_instances_are_replaced_under_load_without_a_refused_request(tmp_path: Path) -> None:
    settings = {
        "AUTHORIZATION_SHUTDOWN_DELAY_SECONDS": DELAY_SECONDS,
        "AUTHORIZATION_NEW_USER_GRANTS": "write:default read:default",
    }
    of_key_value = {"KEY_VALUE_SHUTDOWN_DELAY_SECONDS": DELAY_SECONDS}
    with running_balanced_store(tmp_path, settings, (of_key_value, of_key_value)) as store:
        user = make_user()
        post(f"{store.authorization_url}/register", user).raise_for_status()
        login = {name: user[name] for name in ("username", "password")}
        tokens = post(f"{store.authorization_url}/login", login).raise_for_status().json()
        load = Load(store, tokens["access_token"])
        with load.run():
            for place, instance in enumerate(store.stores, 1):
                replace(store, instance.key_value, f"key_value/key_value_{place}", load)
                replace(store, instance.authorization, f"authorization/authorization_{place}", load)
        assert not load.refused


def replace(store: BalancedStore, service: Service, name: str, load: Load) -> None:
    """Stop an instance, when HAProxy has noticed, and start another one in its place."""
    down, up = (f"Server {name} is {state}" for state in ("DOWN", "UP"))
    downs, ups = store.proxy.output.count(down), store.proxy.output.count(up)
    load.wait()
    service.signal(signal.SIGTERM)
    wait_until(lambda: not service.is_healthy("ready"), f"{name} not ready")
    assert service.is_healthy("live")
    wait_until(lambda: store.proxy.output.count(down) > downs, f"HAProxy without {name}")
    load.wait()
    assert service.is_running()
    service.signal(signal.SIGTERM)
    assert service.wait() == 0
    assert "Traceback" not in service.output
    load.wait()
    service.start().wait_until_ready()
    wait_until(lambda: store.proxy.output.count(up) > ups, f"HAProxy with {name}")
