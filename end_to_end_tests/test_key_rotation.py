"""Rotating the signing key under load: no request is refused."""

import threading
import time
from functools import partial

import httpx
import jwt
import pytest

from test_support.command_line import CommandLine
from test_support.processes import wait_until
from test_support.store import Store

from .users import ANNA, post

PUBLICATION_SECONDS = 4
TOKEN_SECONDS = 5
UNUSED_SECONDS = 3  # at the end of its life: a request takes longer on a busy machine
CLIENTS = 4


class Load:
    """Clients that log in, write and read with their token until shortly before its expiry, and start again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopped = threading.Event()
        self.refusals: list[str] = []
        self.requests = 0
        self.users_of_keys: dict[str, set[int]] = {}
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def has_seen(self, key_id: str) -> bool:
        """Return whether all clients have used tokens that this key signed."""
        return len(self.users_of_keys.get(key_id, ())) == CLIENTS

    def _work(self, number: int) -> None:
        login = {name: ANNA[name] for name in ("username", "password")}
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self._stopped.is_set():
                began = time.monotonic()
                answer = self._ask(client, f"{self._store.authorization.url}/login", login)
                token = answer.json().get("access_token", "")
                if token:
                    self.users_of_keys.setdefault(jwt.get_unverified_header(token)["kid"], set()).add(number)
                while token and time.monotonic() < began + TOKEN_SECONDS - UNUSED_SECONDS and not self._stopped.is_set():
                    self._ask(client, f"{self._store.key_value.url}/write", {"data": {f"key-{number}": 1}}, token)
                    self._ask(client, f"{self._store.key_value.url}/read", {"keys": [f"key-{number}"]}, token)

    def _ask(self, client: httpx.Client, url: str, body: object, token: str = "") -> httpx.Response:
        answer = client.post(url, json=body, headers={"Authorization": f"Bearer {token}"} if token else {})
        self.requests += 1
        if not answer.is_success:
            self.refusals.append(f"{url} {answer.status_code} {answer.text}")
        return answer


@pytest.fixture
def store_settings() -> dict[str, str]:
    return {
        "AUTHORIZATION_WORKERS": "2",
        "AUTHORIZATION_KEY_PUBLICATION_SECONDS": str(PUBLICATION_SECONDS),
        "AUTHORIZATION_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS),
        "AUTHORIZATION_FREE_ATTEMPTS": "1000",
    }


@pytest.fixture
def command(store: Store) -> CommandLine:
    folder = store.authorization.log.parent
    return CommandLine(folder, store.authorization_tarantool, AUTHORIZATION_KEY_PUBLICATION_SECONDS=str(PUBLICATION_SECONDS))


def test_no_request_is_refused_while_the_key_is_rotated_twice(store: Store, command: CommandLine) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    with Load(store) as load:
        wait_until(lambda: load.requests > 50, "load")
        for _ in range(2):
            key_id = command.read_json("keys", "rotate")["key_id"]
            wait_until(partial(load.has_seen, key_id), "the new key signing")
    assert load.refusals == []
    assert len(load.users_of_keys) == 3
