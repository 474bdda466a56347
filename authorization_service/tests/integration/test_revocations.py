"""The feed of revocations over HTTP, and long polling."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import jwt
import pytest

from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.infrastructure.security.jwt_access_token_issuer import JwtAccessTokenIssuer
from authorization_service.infrastructure.security.key_files import KeyFiles, PrivateKey
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until

PASSWORD = "Correct-horse-7"
LONG = 25
DRAINED_FOR_LONG = "graceful shutdown exceeded"  # uvicorn, of requests that do not end by themselves


class FirstKey:
    """The key that the service made on its first start."""

    def __init__(self, folder: Path) -> None:
        (self.key,) = KeyFiles(folder).load().values()

    @property
    def current(self) -> PrivateKey:
        return self.key


class Follower:
    """A follower of the feed, and a user whose sessions end."""

    def __init__(self, service: Service, folder: Path) -> None:
        issuer = JwtAccessTokenIssuer(
            FirstKey(folder / "var/authorization_service/certificates"),
            issuer="http://127.0.0.1:8080",
            audience="key_value_service",
            lifetime=900,
        )
        token = issuer.issue("a-follower", ["revocations"], ReadAt(datetime.now(UTC), 0), client_id="a-follower").token
        self.client = httpx.Client(
            base_url=service.url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=LONG + 5,
            limits=httpx.Limits(max_connections=None),
        )
        self.user = {"username": f"user-{uuid4().hex}", "password": PASSWORD}
        self.client.post("/register", json=self.user | {"first_name": "Anna", "last_name": "Petrova"}).raise_for_status()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def follow(self, after: int, wait: float = 0) -> dict[str, Any]:
        page: dict[str, Any] = self.ask(after, wait).raise_for_status().json()
        return page

    def ask(self, after: int, wait: float = 0) -> httpx.Response:
        return self.client.get("/revocations", params={"after": after, "wait": wait})

    def find_last(self) -> int:
        last: int = self.follow(0)["last"]
        return last

    def log_in(self) -> str:
        token: str = self.client.post("/login", json=self.user).raise_for_status().json()["access_token"]
        return token

    def log_out(self, token: str) -> None:
        self.client.post("/logout", headers={"Authorization": f"Bearer {token}"}).raise_for_status()

    def end_a_session(self) -> dict[str, Any]:
        """Log in and out; return the claims of the token."""
        token = self.log_in()
        self.log_out(token)
        return read_claims(token)


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


@pytest.fixture
def follower(authorization_service: Service, run_folder: Path) -> Iterator[Follower]:
    with Follower(authorization_service, run_folder / "authorization_service") as follower:
        yield follower


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path / "tarantool") as tarantool:
        yield tarantool


def test_logout_is_in_the_feed_until_the_last_token_of_the_session_has_expired(follower: Follower) -> None:
    last = follower.find_last()
    claims = follower.end_a_session()
    page = follower.follow(last)
    assert set(page) == {"feed", "last", "revocations"}
    [revocation] = page["revocations"]
    assert revocation == {"number": page["last"], "session_id": claims["sid"], "expires_at": revocation["expires_at"]}
    assert page["last"] > last
    assert claims["exp"] <= revocation["expires_at"] < claims["exp"] + 1


def test_feed_from_0_has_all_current_revocations(follower: Follower) -> None:
    ended = {follower.end_a_session()["sid"] for _ in range(3)}
    assert ended <= {revocation.get("session_id") for revocation in follower.follow(0)["revocations"]}


def test_feed_after_the_last_number_is_empty(follower: Follower) -> None:
    follower.end_a_session()
    page = follower.follow(0)
    assert follower.follow(page["last"]) == page | {"revocations": []}


def test_number_beyond_the_feed_gets_everything(follower: Follower) -> None:
    follower.end_a_session()
    assert follower.follow(2**53 - 1) == follower.follow(0)


def test_one_logout_wakes_many_waiting_followers(follower: Follower) -> None:
    token, last = follower.log_in(), follower.find_last()
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(follower.follow, last, LONG) for _ in range(40)]
        began = time.monotonic()
        follower.log_out(token)
        pages = [each.result() for each in waiting]
    assert time.monotonic() - began < LONG / 2
    assert {revocation["session_id"] for page in pages for revocation in page["revocations"]} == {read_claims(token)["sid"]}


def test_wait_without_revocations_ends_when_it_is_over(follower: Follower) -> None:
    last = follower.find_last()
    began = time.monotonic()
    assert follower.follow(last, 0.5)["revocations"] == []
    assert 0.5 <= time.monotonic() - began < LONG / 2


def test_feed_requires_its_scope(follower: Follower) -> None:
    answer = follower.client.get("/revocations", headers={"Authorization": f"Bearer {follower.log_in()}"})
    read_problem(answer, 403, "insufficient-scope")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="revocations"'


@pytest.mark.parametrize(
    ("field", "value"),
    [("after", "-1"), ("after", "x"), ("after", "1.5"), ("after", str(2**53)), ("after", "9" * 5000), ("wait", "-0.1"),
     ("wait", "25.1"), ("wait", "x"), ("wait", "nan"), ("wait", "inf")],
)  # fmt: skip
def test_invalid_parameter_is_named(follower: Follower, field: str, value: str) -> None:
    problem = read_problem(follower.client.get("/revocations", params={field: value}), 422, "rule-broken")
    assert [error["field"] for error in problem["errors"]] == [field]


def count_lines(service: Service, status: int) -> int:
    return sum('"route":"/revocations"' in line and f'"status":{status}' in line for line in service.output.splitlines())


def test_disconnected_follower_is_dropped(authorization_service: Service, follower: Follower) -> None:
    last, before = follower.find_last(), count_lines(authorization_service, 499)
    for _ in range(5):
        with pytest.raises(httpx.ReadTimeout):
            follower.client.get("/revocations", params={"after": last, "wait": LONG}, timeout=0.2)
    wait_until(lambda: count_lines(authorization_service, 499) == before + 5, "five lines of the log", seconds=LONG / 2)


def test_waiting_followers_take_no_slot_and_are_answered_at_shutdown(tmp_path: Path, database: Tarantool) -> None:
    service = Service("authorization", tmp_path / "service", database, AUTHORIZATION_MAX_REQUESTS_UNDER_WAY="1")
    with service:
        service.wait_until_ready()
        with Follower(service, tmp_path / "service") as follower, ThreadPoolExecutor(10) as pool:
            last = follower.find_last()
            sent = threading.Barrier(11)

            def wait() -> httpx.Response:
                sent.wait()
                return follower.ask(last, LONG)

            waiting = [pool.submit(wait) for _ in range(10)]
            sent.wait()
            follower.log_in()
            assert service.stop() == 0
            assert DRAINED_FOR_LONG not in service.output
            for each in waiting:
                read_problem(each.result(), 503, "shutting-down")


def test_feed_is_unavailable_while_tarantool_is_away(tmp_path: Path, database: Tarantool) -> None:
    with Service("authorization", tmp_path / "service", database) as service:
        service.wait_until_ready()
        with Follower(service, tmp_path / "service") as follower:
            claims = follower.end_a_session()
            before = follower.follow(0)
            database.kill()
            read_problem(follower.ask(before["last"], 10), 503, "store-unavailable")
            database.start()
            wait_until(lambda: follower.ask(0).is_success, "the feed being back")
            back = follower.follow(0)
            assert (back["feed"], back["revocations"]) == (before["feed"], before["revocations"])
            assert before["revocations"][-1]["session_id"] == claims["sid"]
            follower.end_a_session()
            assert len(follower.follow(before["last"], LONG)["revocations"]) == 1


def test_all_processes_reject_what_one_has_revoked_and_have_it_in_the_feed(tmp_path: Path, database: Tarantool) -> None:
    with Service("authorization", tmp_path / "service", database, AUTHORIZATION_WORKERS="3") as service:
        service.wait_until_ready()
        with Follower(service, tmp_path / "service") as follower:
            token, last = follower.log_in(), follower.find_last()
            follower.log_out(token)
            for _ in range(20):  # each with a connection of its own, so that all processes are asked
                headers = {"Authorization": f"Bearer {token}"}

                def is_refused(headers: dict[str, str] = headers) -> bool:
                    return httpx.get(f"{service.url}/me", headers=headers, trust_env=False).status_code == 401

                wait_until(is_refused, "a refusal", seconds=5)
                page = ask_a_process(service, follower, last)
                assert [revocation["session_id"] for revocation in page["revocations"]] == [read_claims(token)["sid"]]


def ask_a_process(service: Service, follower: Follower, after: int) -> dict[str, Any]:
    """Return a page from any process. On a slow machine, one may briefly be unable to tell whether it is up to date."""
    headers, params = dict(follower.client.headers), {"after": after, "wait": LONG}
    pages: list[dict[str, Any]] = []

    def is_answered() -> bool:
        answer = httpx.get(f"{service.url}/revocations", params=params, headers=headers, trust_env=False, timeout=LONG + 5)
        assert answer.status_code in {200, 503}
        pages.append(answer.json())
        return answer.is_success

    wait_until(is_answered, "a page")
    return pages[-1]


def test_another_database_is_another_feed_from_its_beginning(tmp_path: Path) -> None:
    first, second = (Tarantool("authorization", tmp_path / name) for name in ("first", "second"))
    with Service("authorization", tmp_path / "service", first) as service:
        with first:
            service.wait_until_ready()
            with Follower(service, tmp_path / "service") as follower:
                for _ in range(3):
                    follower.end_a_session()
                before = follower.follow(0)
        second.port = first.port
        second._environment["TARANTOOL_LISTEN"] = f"127.0.0.1:{first.port}"
        second.password_file.write_text(first.password)
        with second:
            service.stop()
            service.start().wait_until_ready()  # a new process makes the administrator of a new database
            with Follower(service, tmp_path / "service") as follower:
                follower.end_a_session()
                page = follower.follow(before["last"], 0)
    assert page["feed"] != before["feed"]
    assert [revocation["number"] for revocation in page["revocations"]] == [page["last"]]


def test_process_whose_database_is_replaced_forgets_earlier_revocations(tmp_path: Path) -> None:
    first, second = (Tarantool("authorization", tmp_path / name) for name in ("first", "second"))
    second.port = first.port
    second._environment["TARANTOOL_LISTEN"] = f"127.0.0.1:{first.port}"
    with Service("authorization", tmp_path / "service", first) as service:
        with first:
            service.wait_until_ready()
            with Follower(service, tmp_path / "service") as follower:
                for _ in range(3):
                    follower.end_a_session()
                before = follower.follow(0)
        second.password_file.write_text(first.password)
        # A process that is started with the new database makes known in it the key with which both sign.
        keys = str(tmp_path / "service/var/authorization_service/certificates")
        starting = Service("authorization", tmp_path / "another", first, AUTHORIZATION_CERTIFICATES_DIRECTORY=keys)
        with second, starting:
            starting.wait_until_ready()
            service.wait_until_ready()
            with Follower(service, tmp_path / "service") as follower:
                follower.end_a_session()
                wait_until(lambda: follower.ask(0).json().get("feed", before["feed"]) != before["feed"], "another feed")
                page = follower.follow(0)
                assert [revocation["number"] for revocation in page["revocations"]] == [page["last"]]
                follower.end_a_session()
                assert len(follower.follow(page["last"], LONG)["revocations"]) == 1
