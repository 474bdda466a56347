"""Sessions that were acknowledged before Tarantool was killed survive."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt

from test_support.processes import Service, Tarantool, wait_until

PASSWORD = "Correct-horse-7"
REGISTRATION = {"password": PASSWORD, "first_name": "Anna", "last_name": "Petrova"}
CLIENTS = 8


class Client:
    """Logs in, refreshes and logs out, repeatedly, and records what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=10)
        self.username = f"user-{uuid4().hex}"
        self.http.post("/register", json=REGISTRATION | {"username": self.username}).raise_for_status()
        self.living: list[dict[str, Any]] = []  # the latest tokens of sessions on which nothing is under way
        self.ended: list[dict[str, Any]] = []
        self.refreshed = 0

    def log_in(self) -> dict[str, Any]:
        answer = self.http.post("/login", json={"username": self.username, "password": PASSWORD})
        tokens: dict[str, Any] = answer.raise_for_status().json()
        return tokens

    def refresh(self, tokens: dict[str, Any]) -> httpx.Response:
        return self.http.post("/refresh", json={"refresh_token": tokens["refresh_token"]})

    def work(self, stop: threading.Event) -> None:
        """Run until stopped, or until a response is lost or an error."""
        while not stop.is_set():
            try:
                kept, ending = self.log_in(), self.log_in()
                for _ in range(3):
                    kept = self.refresh(kept).raise_for_status().json()
                    self.refreshed += 1
                self.living.append(kept)
                self.log_out(ending).raise_for_status()
                self.ended.append(ending)
            except httpx.HTTPError:
                return

    def log_out(self, tokens: dict[str, Any]) -> httpx.Response:
        return self.http.post("/logout", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def find_session(tokens: dict[str, Any]) -> str:
    session_id: str = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]
    return session_id


def test_killed_tarantool_loses_no_acknowledged_session_refresh_or_revocation(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as database,
        Service("authorization", tmp_path / "service", database, AUTHORIZATION_SESSIONS_PER_USER="1000") as service,
    ):
        service.wait_until_ready()
        clients = [Client(service.url) for _ in range(CLIENTS)]
        stop = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            working = [pool.submit(client.work, stop) for client in clients]
            wait_until(lambda: sum(len(client.ended) for client in clients) >= 3 * CLIENTS, "some sessions ended")
            database.kill()
            stop.set()
            for each in working:
                each.result()
        service.stop()  # what its process remembers shall not help
        database.start()
        service.start().wait_until_ready()
        assert all(client.living and client.ended for client in clients)
        for client in clients:
            for tokens in client.ended:
                assert client.http.get("/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401
                assert client.refresh(tokens).status_code == 401
            for tokens in client.living:
                assert find_session(client.refresh(tokens).raise_for_status().json()) == find_session(tokens)
            client.http.close()
