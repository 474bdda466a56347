"""Limits on password guessing over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from test_support.authorization.accounts import PASSWORD, new_user
from test_support.authorization.people import Person
from test_support.authorization.user_repository_contract import unused_name
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool
from test_support.requirements import implements

FREE = 10


@pytest.fixture
def username(authorization: httpx.Client) -> str:
    user = new_user()
    authorization.post("/register", json=user).raise_for_status()
    return str(user["username"])


@pytest.fixture
def guesser(authorization_service: Service) -> Iterator[httpx.Client]:
    """A client with another address."""
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=authorization_service.url, transport=transport, timeout=20) as client:
        yield client


def guess(client: httpx.Client, username: str, times: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(times) as pool:
        tries = [pool.submit(client.post, "/login", json={"username": username, "password": "Wrong-7"}) for _ in range(times)]
        return [answer.result() for answer in tries]


def log_in_at_once(client: httpx.Client, usernames: list[str]) -> list[int]:
    with ThreadPoolExecutor(len(usernames)) as pool:
        tries = [pool.submit(client.post, "/login", json={"username": name, "password": PASSWORD}) for name in usernames]
        return [each.result().status_code for each in tries]


def test_thirty_concurrent_logins_with_the_right_password_succeed(guesser: httpx.Client, username: str) -> None:
    assert log_in_at_once(guesser, [username] * 30) == [200] * 30
    assert log_in_at_once(guesser, [username] * 30) == [200] * 30


def test_concurrent_logins_with_the_right_password_succeed_when_a_delay_is_over(
    guesser: httpx.Client, username: str, administrator: Person
) -> None:
    guess(guesser, username, FREE - 1)
    assert log_in_at_once(guesser, [username] * 30) == [200] * 30
    assert administrator("POST", f"/users/{username}/unlock").status_code == 204


def test_concurrent_logins_amid_guesses_admit_no_more_guesses(guesser: httpx.Client, username: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        guessing = pool.submit(guess, guesser, username, 50)
        right = pool.submit(log_in_at_once, guesser, [username] * 5).result()
        answers = guessing.result()
    assert set(right) <= {200, 429}
    # Each right password resets the count, as it does when all come one after the other.
    assert sum(answer.status_code == 401 for answer in answers) <= FREE * (1 + right.count(200))
    assert guess(guesser, username, 50)[0].status_code in {401, 429}


@pytest.mark.parametrize("exists", [True, False])
@implements("RFC 6749, 4.3.2")
def test_of_fifty_concurrent_guesses_only_the_allowed_ones_are_verified(
    guesser: httpx.Client, username: str, exists: bool
) -> None:
    answers = guess(guesser, username if exists else unused_name(), 50)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 50 - FREE
    assert {answer.status_code for answer in answers} == {401, 429}
    problem = read_problem(refused[0], 429, "too-many-attempts")
    assert 1 <= int(refused[0].headers["retry-after"]) <= 10
    assert refused[0].headers["retry-after"] in problem["detail"]


def test_guesser_is_refused_even_with_the_right_password_and_the_owner_elsewhere_is_not(
    authorization: httpx.Client, guesser: httpx.Client, username: str
) -> None:
    guess(guesser, username, FREE)
    login = {"username": username.upper(), "password": PASSWORD}
    read_problem(guesser.post("/login", json=login), 429, "too-many-attempts")
    assert authorization.post("/login", json=login).is_success


def test_refusal_is_the_same_for_known_and_unknown_names(guesser: httpx.Client, username: str) -> None:
    problems = []
    for name in (username, unused_name()):
        guess(guesser, name, FREE)
        problem = read_problem(guesser.post("/login", json={"username": name, "password": "Wrong-7"}), 429, "too-many-attempts")
        problems.append({key: value for key, value in problem.items() if key not in {"request_id", "detail"}})
    assert problems[0] == problems[1]


def test_administrator_unlocks_a_user_after_guesses(administrator: Person, guesser: httpx.Client, username: str) -> None:
    guess(guesser, username, FREE)
    login = {"username": username, "password": PASSWORD}
    read_problem(guesser.post("/login", json=login), 429, "too-many-attempts")
    assert administrator("POST", f"/users/{username}/unlock").status_code == 204
    assert guesser.post("/login", json=login).is_success
    read_problem(administrator("POST", f"/users/{unused_name()}/unlock"), 404, "no-such-user")


def test_clients_behind_a_trusted_proxy_have_their_own_addresses(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as tarantool,
        Service("authorization", tmp_path / "service", tarantool, AUTHORIZATION_TRUSTED_PROXIES="127.0.0.0/8") as service,
        httpx.Client(base_url=service.wait_until_ready().url, trust_env=False, timeout=20) as proxy,
    ):
        user = new_user()
        proxy.post("/register", json=user).raise_for_status()
        login = {"username": user["username"], "password": PASSWORD}
        proxy.headers["X-Forwarded-For"] = "203.0.113.9, 198.51.100.1"  # the left part is what the guesser has made up
        guess(proxy, str(user["username"]), FREE)
        read_problem(proxy.post("/login", json=login), 429, "too-many-attempts")
        proxy.headers["X-Forwarded-For"] = "198.51.100.2"
        token = proxy.post("/login", json=login).raise_for_status().json()["access_token"]
        sessions = proxy.get("/sessions", headers={"Authorization": f"Bearer {token}"}).json()["sessions"]
    assert [session["address"] for session in sessions] == ["198.51.100.2"]


@pytest.mark.parametrize("networks", ["nonsense", "10.0.0.1/8", "10.0.0.0/33"])
def test_invalid_trusted_proxies_are_reported_by_the_settings_name(tmp_path: Path, networks: str) -> None:
    tarantool = Tarantool("authorization", tmp_path / "tarantool")
    service = Service("authorization", tmp_path / "service", tarantool, AUTHORIZATION_TRUSTED_PROXIES=networks)
    assert service.start().wait() == 78
    assert "broken setting AUTHORIZATION_TRUSTED_PROXIES" in service.output
