"""Sessions over HTTP: refresh, list, logout."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from test_support.problems import read_problem
from test_support.processes import Service

PASSWORD = "Correct-horse-7"


class Person:
    """A registered user, with any number of logins."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.username = f"user-{uuid4().hex}"
        body = {"username": self.username, "password": PASSWORD, "first_name": "Anna", "last_name": "Petrova"}
        client.post("/register", json=body).raise_for_status()

    def log_in(self, user_agent: str = "a browser") -> dict[str, Any]:
        body = {"username": self.username, "password": PASSWORD}
        answer = self.client.post("/login", json=body, headers={"User-Agent": user_agent})
        tokens: dict[str, Any] = answer.raise_for_status().json()
        return tokens

    def refresh(self, tokens: dict[str, Any], user_agent: str = "a browser") -> httpx.Response:
        body = {"refresh_token": tokens["refresh_token"]}
        return self.client.post("/refresh", json=body, headers={"User-Agent": user_agent})

    def ask(self, method: str, path: str, tokens: dict[str, Any]) -> httpx.Response:
        return self.client.request(method, path, headers=bearer(tokens))

    def list_sessions(self, tokens: dict[str, Any]) -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = self.ask("GET", "/sessions", tokens).raise_for_status().json()["sessions"]
        return sessions

    def refuses(self, tokens: dict[str, Any]) -> bool:
        answer = self.ask("GET", "/me", tokens)
        return answer.status_code == 401 and answer.json()["type"] == "urn:problem-type:invalid-token"


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return claims


@pytest.fixture
def anna(authorization: httpx.Client) -> Person:
    return Person(authorization)


@pytest.fixture
def bella(authorization: httpx.Client) -> Person:
    return Person(authorization)


@pytest.fixture
def crowd(authorization_service: Service) -> Iterator[httpx.Client]:
    """A client with fifty connections."""
    limits = httpx.Limits(max_connections=50)
    with httpx.Client(base_url=authorization_service.url, trust_env=False, timeout=20, limits=limits) as client:
        yield client


def test_refresh_returns_tokens_of_the_same_session(anna: Person) -> None:
    first = anna.log_in()
    answer = anna.refresh(first)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    second = answer.json()
    assert set(second) == {"access_token", "token_type", "expires_in", "refresh_token"}
    earlier, later = claims_of(first), claims_of(second)
    assert earlier["sid"] == later["sid"]
    assert earlier["jti"] != later["jti"]
    assert earlier["iat"] <= later["iat"]
    assert later["scope"] == "read:default write:default"
    assert anna.ask("GET", "/me", second).json()["username"] == anna.username
    assert anna.ask("GET", "/me", first).is_success


def test_refresh_token_that_is_used_after_its_successor_ends_the_session(anna: Person) -> None:
    first = anna.log_in()
    second = anna.refresh(anna.refresh(first).json()).json()
    refusal = anna.refresh(first)
    read_problem(refusal, 401, "invalid-refresh-token")
    assert first["refresh_token"] not in refusal.text
    assert anna.refuses(first)
    assert anna.refuses(second)
    read_problem(anna.refresh(second), 401, "invalid-refresh-token")


def test_reuse_leaves_other_sessions_alone(anna: Person) -> None:
    other, stolen = anna.log_in(), anna.log_in()
    anna.refresh(anna.refresh(stolen).json())
    read_problem(anna.refresh(stolen), 401, "invalid-refresh-token")
    assert anna.ask("GET", "/me", other).is_success
    assert anna.refresh(other).is_success


def test_fifty_concurrent_refreshes_continue_the_session_with_one_refresh_token(anna: Person, crowd: httpx.Client) -> None:
    tokens = anna.log_in()
    body = {"refresh_token": tokens["refresh_token"]}
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: crowd.post("/refresh", json=body), range(50)))
    continued = [answer.raise_for_status().json() for answer in answers]
    assert len({each["refresh_token"] for each in continued}) == 1
    assert all(anna.ask("GET", "/me", each).is_success for each in continued)
    assert len(anna.list_sessions(continued[0])) == 1
    assert anna.refresh(continued[0]).is_success


@pytest.mark.parametrize("token", ["", "x", "A" * 86, "я" * 86, "A" * 100_000])
def test_malformed_refresh_token_is_rejected(authorization: httpx.Client, token: str) -> None:
    answer = authorization.post("/refresh", json={"refresh_token": token})
    read_problem(answer, 401, "invalid-refresh-token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_access_and_refresh_tokens_are_not_interchangeable(anna: Person) -> None:
    tokens = anna.log_in()
    read_problem(anna.refresh({"refresh_token": tokens["access_token"]}), 401, "invalid-refresh-token")
    assert anna.refuses({"access_token": tokens["refresh_token"]})


@pytest.mark.parametrize("body", [{}, {"refresh_token": 1}, {"refresh_token": None}, {"refresh_token": "x", "more": 1}])
def test_invalid_refresh_request_is_rejected_by_field(authorization: httpx.Client, body: dict[str, Any]) -> None:
    problem = read_problem(authorization.post("/refresh", json=body), 422, "rule-broken")
    assert problem["errors"][0]["field"] in ("refresh_token", "more")


def test_user_sees_its_sessions(anna: Person, bella: Person) -> None:
    bella.log_in()
    browser, telephone = anna.log_in("a browser"), anna.log_in("a telephone")
    shown = anna.list_sessions(browser)
    assert [session["user_agent"] for session in shown] == ["a telephone", "a browser"]
    assert [session["id"] for session in shown] == [claims_of(telephone)["sid"], claims_of(browser)["sid"]]
    assert [session["is_current"] for session in shown] == [False, True]
    assert {session["address"] for session in shown} == {"127.0.0.1"}
    assert all(session["created_at"] == session["last_used_at"] < session["expires_at"] for session in shown)


def test_refresh_updates_the_last_use(anna: Person) -> None:
    browser, _ = anna.log_in(), anna.log_in("a telephone")
    browser = anna.refresh(browser, "a newer browser").json()
    newest, oldest = anna.list_sessions(browser)
    assert (newest["user_agent"], newest["is_current"]) == ("a newer browser", True)
    assert newest["created_at"] < oldest["created_at"] < newest["last_used_at"]


def test_logout_invalidates_all_tokens_of_the_session(anna: Person) -> None:
    here, elsewhere = anna.log_in(), anna.log_in()
    newer = anna.refresh(here).json()
    answer = anna.ask("POST", "/logout", here)
    assert (answer.status_code, answer.content) == (204, b"")
    assert anna.refuses(here)
    assert anna.refuses(newer)
    read_problem(anna.refresh(newer), 401, "invalid-refresh-token")
    read_problem(anna.ask("POST", "/logout", here), 401, "invalid-token")
    assert anna.ask("GET", "/me", elsewhere).is_success


def test_previously_verified_token_is_rejected_immediately_after_logout(anna: Person) -> None:
    tokens = anna.log_in()
    assert anna.ask("GET", "/me", tokens).is_success
    assert anna.ask("POST", "/logout", tokens).status_code == 204
    assert anna.refuses(tokens)


def test_session_is_ended_by_its_id(anna: Person) -> None:
    here, elsewhere = anna.log_in(), anna.log_in()
    path = f"/sessions/{claims_of(elsewhere)['sid']}"
    assert anna.ask("DELETE", path, here).status_code == 204
    assert anna.refuses(elsewhere)
    assert [session["is_current"] for session in anna.list_sessions(here)] == [True]
    read_problem(anna.ask("DELETE", path, here), 404, "no-such-session")


def test_session_of_another_user_cannot_be_ended(anna: Person, bella: Person) -> None:
    annas, bellas = anna.log_in(), bella.log_in()
    read_problem(bella.ask("DELETE", f"/sessions/{claims_of(annas)['sid']}", bellas), 404, "no-such-session")
    assert anna.ask("GET", "/me", annas).is_success


@pytest.mark.parametrize("session_id", ["x", "%00", "%D0%B0", "%F0%9F%98%80", "a" * 5000])
def test_unknown_session_cannot_be_ended(anna: Person, session_id: str) -> None:
    read_problem(anna.ask("DELETE", f"/sessions/{session_id}", anna.log_in()), 404, "no-such-session")


def test_logout_everywhere_ends_all_sessions_and_allows_a_new_login(anna: Person, bella: Person) -> None:
    bellas = bella.log_in()
    several = [anna.log_in() for _ in range(3)]
    assert anna.ask("POST", "/logout/all", several[0]).status_code == 204
    assert all(anna.refuses(tokens) for tokens in several)
    assert anna.ask("GET", "/me", anna.log_in()).is_success
    assert bella.ask("GET", "/me", bellas).is_success


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sessions"), ("DELETE", "/sessions/x"), ("POST", "/logout"), ("POST", "/logout/all"), ("GET", "/revocations")],
)
def test_missing_token_is_rejected(authorization: httpx.Client, method: str, path: str) -> None:
    read_problem(authorization.request(method, path), 401, "authentication-required")


def test_no_refresh_token_is_logged(authorization_service: Service, anna: Person) -> None:
    tokens = anna.log_in()
    newer = anna.refresh(tokens).json()
    anna.refresh(tokens)
    assert tokens["refresh_token"] not in authorization_service.output
    assert newer["refresh_token"] not in authorization_service.output
