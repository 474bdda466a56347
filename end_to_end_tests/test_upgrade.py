"""From the last release to this version, on its data, as documentation/operations.md#upgrade says."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.last_release import extract_last_release, make_old_service, make_old_tarantool
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker

from .users import ANNA

CLIENTS = 4
MAX_KEYS = 100
KNOWN_TO_BE_GONE = ["GET /clients: parameter ('query', 'after')"]
"""What a version before 1.0.0 has taken back; empty after the next release."""
AT_LEAST = 40
"""Requests that are answered in each phase."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extract_last_release(tmp_path_factory.mktemp("release"))


class Load:
    """Clients that write, read what was acknowledged, and repeat what was not answered, until the context ends."""

    def __init__(self, url: str, token: str) -> None:
        self.acknowledged: dict[str, int] = {}
        self.answered = 0
        self.failures: list[str] = []
        self.is_restarting = False
        """Whether requests may be refused."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._has_ended = False
        self._clients = [threading.Thread(target=self._use, args=(number,)) for number in range(CLIENTS)]

    def go_on(self) -> None:
        """Return after some more answers."""
        goal = self.answered + AT_LEAST
        wait_until(lambda: self.answered >= goal or self.failures != [], "more answers")

    @contextmanager
    def run(self) -> Iterator[None]:
        """Send requests while the context lasts."""
        for client in self._clients:
            client.start()
        try:
            yield
        finally:
            self.end()

    def end(self) -> None:
        """Let the clients end, and wait for them."""
        self._has_ended = True
        for client in self._clients:
            client.join()

    def _use(self, number: int) -> None:
        chosen = random.Random(number)  # noqa: S311 - no secret
        kept: list[str] = []
        with httpx.Client(base_url=self._url, headers=self._headers, trust_env=False) as http:
            while not self._has_ended:
                key = f"client-{number}/{len(kept)}"
                if self._send(http, "/write", {"data": {key: len(kept)}}) is None:
                    return
                self.acknowledged[key] = len(kept)
                kept.append(key)
                read = self._send(http, "/read", {"keys": sorted({key, wanted := chosen.choice(kept)})})
                if read is not None and read["data"].get(wanted) != self.acknowledged[wanted]:
                    self.failures.append(f"{wanted} was lost: {read}")

    def _send(self, http: httpx.Client, path: str, body: object) -> Any:
        """Return the answer; None at the end, or after a failure."""
        while not self._has_ended:
            may_be_refused = self.is_restarting
            try:
                answer = http.post(path, json=body)
                refusal = "" if answer.is_success else f"{answer.status_code} {answer.text}"
                may_be_refused = may_be_refused and answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            except httpx.TransportError as error:
                refusal = repr(error)
            if not refusal:
                self.answered += 1
                return answer.json()
            if not (may_be_refused or self.is_restarting):
                self.failures.append(refusal)
                return None
            time.sleep(0.02)
        return None


def find_broken_promises(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what the old OpenAPI document has and the new one has not, and what the new one requires in addition."""
    broken = []
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            found = new["paths"].get(path, {}).get(method)
            if found is None:
                broken.append(where)
                continue
            before, after = ({(one["in"], one["name"]): one for one in each.get("parameters", ())} for each in (operation, found))
            broken += [f"{where}: parameter {name}" for name in before if name not in after]
            broken += [
                f"{where}: requires {name}"
                for name, parameter in after.items()
                if parameter.get("required") and not before.get(name, {}).get("required")
            ]
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    continue
                fields = _find_fields(old, response)
                broken += [f"{where}: {status} {name}" for name in fields - _find_fields(new, found["responses"].get(status, {}))]
    return broken


def _find_fields(document: dict[str, Any], response: dict[str, Any]) -> set[str]:
    """Return the members that a response in JSON always has."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"][name] if name else schema
    return set(schema.get("required", ()))


def read_document(service: Service) -> dict[str, Any]:
    """Return the service's OpenAPI document."""
    document: dict[str, Any] = httpx.get(f"{service.url}/openapi.json", trust_env=False).raise_for_status().json()
    return document


def read_all(service: Service, token: str, keys: list[str]) -> dict[str, int]:
    """Return what is stored under the keys."""
    found: dict[str, int] = {}
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http:
        for first in range(0, len(keys), MAX_KEYS):
            found |= http.post("/read", json={"keys": keys[first : first + MAX_KEYS]}).raise_for_status().json()["data"]
    return found


def test_pairs_are_there_and_clients_go_on(release: Path, tmp_path: Path, tokens: TokenMaker, jwks_url: str) -> None:
    settings = {"KEY_VALUE_JWKS_URL": jwks_url}
    token = tokens.make(scope="admin:*")
    old_tarantool = make_old_tarantool("key_value", tmp_path / "tarantool", release)
    with old_tarantool, make_old_service("key_value", tmp_path / "old", old_tarantool, release, **settings) as old:
        old.wait_until_ready()
        before = read_document(old)
        load = Load(old.url, token)
        with load.run():
            load.go_on()
            load.is_restarting = True
            assert old.stop() == 0
            assert old_tarantool.stop() == 0
            with (
                Tarantool("key_value", tmp_path / "tarantool") as tarantool,
                Service("key_value", tmp_path / "new", tarantool, port=old.port, **settings) as new,
            ):
                new.wait_until_ready()
                load.go_on()  # a request that began before it was ready may still be refused
                load.is_restarting = False
                load.go_on()
                load.end()
                assert load.failures == []
                assert find_broken_promises(before, read_document(new)) == []
                assert read_all(new, token, sorted(load.acknowledged)).items() >= load.acknowledged.items()


def test_users_and_sessions_are_there(release: Path, tmp_path: Path) -> None:
    with (
        make_old_tarantool("authorization", tmp_path / "tarantool", release) as old_tarantool,
        make_old_service("authorization", tmp_path / "service", old_tarantool, release) as old,
    ):
        old.wait_until_ready()
        before = read_document(old)
        with httpx.Client(base_url=old.url, trust_env=False) as http:
            http.post("/register", json=ANNA).raise_for_status()
            login = {"username": ANNA["username"], "password": ANNA["password"]}
            session = http.post("/login", json=login).raise_for_status().json()
        assert old.stop() == 0
        assert old_tarantool.stop() == 0
    with (
        Tarantool("authorization", tmp_path / "tarantool") as tarantool,
        Service("authorization", tmp_path / "service", tarantool) as new,
    ):
        new.wait_until_ready()
        assert find_broken_promises(before, read_document(new)) == KNOWN_TO_BE_GONE
        with httpx.Client(base_url=new.url, trust_env=False) as http:
            me = http.get("/me", headers={"Authorization": f"Bearer {session['access_token']}"}).raise_for_status().json()
            assert me["username"] == ANNA["username"]
            http.post("/refresh", json={"refresh_token": session["refresh_token"]}).raise_for_status()
            http.post("/login", json=login).raise_for_status()
