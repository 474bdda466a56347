"""Guessing passwords over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from authorization_service.tests.integration.test_users import PASSWORD, new_user
from authorization_service.tests.user_repository_contract import unused_name

from testing.problems import read_problem
from testing.processes import Service

FREE = 10


@pytest.fixture
def username(authorization: httpx.Client) -> str:
    user = new_user()
    authorization.post("/register", json=user).raise_for_status()
    return str(user["username"])


@pytest.fixture
def guesser(authorization_service: Service) -> Iterator[httpx.Client]:
    """Somebody at another address."""
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=authorization_service.url, transport=transport, timeout=20) as client:
        yield client


def guess(client: httpx.Client, username: str, times: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(times) as pool:
        tries = [pool.submit(client.post, "/login", json={"username": username, "password": "Wrong-7"}) for _ in range(times)]
        return [answer.result() for answer in tries]


@pytest.mark.parametrize("exists", [True, False])
def test_of_fifty_guesses_at_once_as_many_are_looked_at_as_may_fail(guesser: httpx.Client, username: str, exists: bool) -> None:
    answers = guess(guesser, username if exists else unused_name(), 50)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 50 - FREE
    assert {answer.status_code for answer in answers} == {401, 429}
    problem = read_problem(refused[0], 429, "too-many-attempts")
    assert 1 <= int(refused[0].headers["retry-after"]) <= 10
    assert refused[0].headers["retry-after"] in problem["detail"]


def test_who_guesses_is_refused_even_with_the_right_password_and_the_owner_elsewhere_is_not(
    authorization: httpx.Client, guesser: httpx.Client, username: str
) -> None:
    guess(guesser, username, FREE)
    login = {"username": username.upper(), "password": PASSWORD}
    read_problem(guesser.post("/login", json=login), 429, "too-many-attempts")
    assert authorization.post("/login", json=login).is_success


def test_the_refusal_is_the_same_for_a_name_that_exists_and_one_that_does_not(guesser: httpx.Client, username: str) -> None:
    problems = []
    for name in (username, unused_name()):
        guess(guesser, name, FREE)
        problem = read_problem(guesser.post("/login", json={"username": name, "password": "Wrong-7"}), 429, "too-many-attempts")
        problems.append({key: value for key, value in problem.items() if key not in {"request_id", "detail"}})
    assert problems[0] == problems[1]
