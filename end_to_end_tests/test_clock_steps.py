"""A clock that was ahead and is corrected: nobody is locked out, and nothing that was taken away comes back."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_support.moved_clock import MovedClock
from test_support.processes import Service, wait_until
from test_support.store import Store

from .users import ANNA, Tokens, post

AHEAD, CORRECT = timedelta(hours=1), timedelta(0)
LOGIN = {name: ANNA[name] for name in ("username", "password")}
WRONG = LOGIN | {"password": "Wrong-horse-7"}


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    clock = MovedClock(tmp_path / "clock")
    clock.move(AHEAD)
    return clock


@pytest.fixture
def store_environment(clock: MovedClock) -> dict[str, str]:
    return clock.environment


def log_in(store: Store, login: dict[str, str] = LOGIN) -> Tokens:
    tokens: Tokens = post(f"{store.authorization.url}/login", login).raise_for_status().json()
    return tokens


def administer(store: Store, method: str, path: str, **options: Any) -> httpx.Response:
    file = store.authorization.log.parent / "var/authorization_service/administrator_password"
    token = log_in(store, {"username": "admin", "password": file.read_text().strip()})["access_token"]
    url = f"{store.authorization.url}{path}"
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=20, **options).raise_for_status()


def statuses(store: Store, tokens: Tokens) -> tuple[int, int]:
    """Return how the authorization service and the key-value service take a token."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = httpx.get(f"{store.authorization.url}/me", headers=headers, trust_env=False)
    pairs = httpx.get(f"{store.key_value.url}/namespaces", headers=headers, trust_env=False)
    return me.status_code, pairs.status_code


def restart(service: Service) -> None:
    service.stop()
    service.start().wait_until_ready()


def restart_all(store: Store) -> None:
    store.authorization.stop()
    store.authorization_tarantool.stop()
    store.authorization_tarantool.start()
    store.authorization.start().wait_until_ready()
    restart(store.key_value)


@pytest.fixture(params=["running", "restarted"])
def correct(request: pytest.FixtureRequest, store: Store, clock: MovedClock) -> Callable[[], None]:
    """Corrects the clock, and restarts all processes or does not."""

    def correct() -> None:
        clock.move(CORRECT)
        if request.param == "restarted":
            restart_all(store)
        wait_until(store.follows_revocations, "the key-value service following the revocations")

    return correct


def test_tokens_after_a_change_of_grants_are_accepted(store: Store, correct: Callable[[], None]) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    before = log_in(store)
    administer(store, "PUT", "/users/anna/grants/read:other")
    wait_until(lambda: statuses(store, before) == (401, 401), "the old token being refused")
    correct()
    assert statuses(store, before) == (401, 401)
    for tokens in (log_in(store), post(f"{store.authorization.url}/refresh", {"refresh_token": before["refresh_token"]}).json()):
        assert statuses(store, tokens) == (200, 200)


def test_token_of_the_wrong_time_can_be_revoked(store: Store, correct: Callable[[], None]) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    early = log_in(store)
    correct()
    assert statuses(store, early) == (200, 200)
    administer(store, "PUT", "/users/anna/grants/read:other")
    wait_until(lambda: statuses(store, early) == (401, 401), "the token being refused")
    assert statuses(store, log_in(store)) == (200, 200)


def test_service_account_is_accepted_after_a_new_secret(store: Store, correct: Callable[[], None]) -> None:
    client = {"client_id": "reporter", "scopes": ["revocations", "read:default"]}
    administer(store, "POST", "/clients", json=client)
    secret = administer(store, "POST", "/clients/reporter/secret").json()["client_secret"]
    correct()

    def request_token(secret: str) -> Tokens:
        form = {"grant_type": "client_credentials", "client_id": "reporter", "client_secret": secret}
        tokens: Tokens = httpx.post(f"{store.authorization.url}/token", data=form, trust_env=False).raise_for_status().json()
        return tokens

    def may_follow(tokens: Tokens) -> bool:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return httpx.get(f"{store.authorization.url}/revocations", headers=headers, trust_env=False).is_success

    tokens = request_token(secret)
    assert may_follow(tokens)
    assert statuses(store, tokens)[1] == 200
    newer = administer(store, "POST", "/clients/reporter/secret").json()["client_secret"]
    wait_until(lambda: not may_follow(tokens), "the token being refused")
    assert may_follow(request_token(newer))


def test_delays_after_wrong_passwords_do_not_grow(store: Store, correct: Callable[[], None]) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    answers = [post(f"{store.authorization.url}/login", WRONG) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    correct()
    refused = post(f"{store.authorization.url}/login", LOGIN)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 10
    wait_until(lambda: post(f"{store.authorization.url}/login", LOGIN).is_success, "the delay being over", 15)


@pytest.mark.parametrize(
    "store_settings", [{"AUTHORIZATION_ATTEMPTS_PER_ADDRESS": "4", "AUTHORIZATION_ATTEMPTS_PER_ACCOUNT": "4"}]
)
def test_limit_of_an_address_does_not_last_longer(store: Store, correct: Callable[[], None]) -> None:
    for number in range(4):
        post(f"{store.authorization.url}/login", WRONG | {"username": f"nobody-{number}"})
    correct()
    refused = post(f"{store.authorization.url}/login", WRONG | {"username": "nobody"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 1800


def test_first_start_with_a_wrong_clock_leaves_a_key_to_sign_with(store: Store, correct: Callable[[], None]) -> None:
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    correct()
    assert statuses(store, log_in(store)) == (200, 200)


def test_what_was_revoked_stays_revoked_when_the_clock_was_ahead_for_a_while(store: Store, clock: MovedClock) -> None:
    clock.move(CORRECT)
    restart_all(store)
    wait_until(store.follows_revocations, "the key-value service following the revocations")
    post(f"{store.authorization.url}/register", ANNA).raise_for_status()
    tokens = log_in(store)
    assert post(f"{store.authorization.url}/logout", None, tokens["access_token"]).status_code == 204
    wait_until(lambda: statuses(store, tokens) == (401, 401), "the token being refused")
    clock.move(timedelta(days=100))
    time.sleep(2.5)  # sweepers sweep each second
    clock.move(CORRECT)
    assert statuses(store, tokens) == (401, 401)
    restart(store.key_value)  # and reads the feed anew
    wait_until(store.follows_revocations, "the key-value service following the revocations")
    assert statuses(store, tokens) == (401, 401)
    assert statuses(store, log_in(store)) == (200, 200)
