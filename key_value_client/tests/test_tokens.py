"""Tokens: obtained, refreshed in time and once, repaired, revoked, and never shown."""

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from key_value_client import (
    AccessRefused,
    AsyncClient,
    Client,
    InsufficientScope,
    InvalidToken,
    NotLoggedIn,
    SecondFactorRequired,
    Tokens,
    TooManyAttempts,
    WrongCode,
    WrongCredentials,
)
from key_value_client.tokens import MARGIN_SECONDS
from test_support.authorization import people
from test_support.authorization.authenticator_app import enrol
from test_support.relay import Relay
from test_support.store import Store

from .conftest import as_administrator, open_client

PASSWORD = "Correct-horse-7"


def register(store: Store) -> dict[str, Any]:
    """Return the arguments of a client of a new user."""
    username = f"anna-{uuid4().hex}"
    user = {"username": username, "password": PASSWORD, "first_name": "Anna"}
    httpx.post(f"{store.authorization.url}/register", json=user, trust_env=False).raise_for_status()
    return as_administrator(store) | {"username": username, "password": PASSWORD}


def count(requests: list[str], wanted: str) -> int:
    return requests.count(wanted)


@pytest.fixture
def relay(store: Store) -> Iterator[Relay]:
    """Before the authorization service."""
    with Relay(store.authorization.port) as relay:
        yield relay


def session_of(client: Any) -> Any:
    return getattr(client, "blocking", client)._credentials


def token_of(client: Any) -> str:
    token: str = session_of(client)._tokens.access_token
    return token


def make_refresh_due(client: Any) -> None:
    """Let the next request find that the access token expires soon; in truth it lives on, however slow the test is."""
    session = session_of(client)
    session._tokens = replace(session._tokens, refresh_at=time.time())


async def test_a_token_is_refreshed_before_it_expires(store: Store, relay: Relay, kind: str) -> None:
    options = register(store) | {"authorization_url": relay.url}
    with Relay(store.key_value.port) as before:
        async with open_client(kind, **options | {"url": before.url}) as client:
            there = client.namespace("default")
            await there.get("absent", None)
            assert 0 < session_of(client)._tokens.expires_at - session_of(client)._tokens.refresh_at <= MARGIN_SECONDS
            for _ in range(2):
                make_refresh_due(client)
                await there.get("absent", None)
                await there.get("absent", None)
        assert before.requests == ["POST /read"] * 5  # none was refused
    assert relay.requests == ["POST /login", "POST /refresh", "POST /refresh", "POST /revoke"]


def test_threads_refresh_once(store: Store, relay: Relay) -> None:
    with Client(**register(store) | {"authorization_url": relay.url}) as client:
        there = client.namespace("default")
        there.get("absent", None)
        make_refresh_due(client)
        together = threading.Barrier(20)

        def work() -> None:
            together.wait()
            for _ in range(10):
                there.get("absent", None)

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert relay.requests == ["POST /login", "POST /refresh", "POST /revoke"]


async def test_tasks_refresh_once(store: Store, relay: Relay) -> None:
    async with AsyncClient(**register(store) | {"authorization_url": relay.url}) as client:
        there = client.namespace("default")
        await there.find("absent")
        make_refresh_due(client)

        async def work() -> None:
            for _ in range(10):
                await there.find("absent")

        await asyncio.gather(*(work() for _ in range(20)))
    assert relay.requests == ["POST /login", "POST /refresh", "POST /revoke"]


async def test_an_authorization_service_that_is_away_matters_only_when_the_token_expires(
    store: Store, relay: Relay, kind: str
) -> None:
    options = register(store) | {"authorization_url": relay.url}
    async with open_client(kind, **options) as client:
        there = client.namespace("default")
        await there.get("absent", None)
        make_refresh_due(client)
        relay.answers_to_lose = 1
        await there.get("absent", None)
        await there.get("absent", None)  # waits for no further attempt
        assert relay.requests == ["POST /login", "POST /refresh"]
        make_refresh_due(client)
        await there.get("absent", None)  # within the grace, the same refresh token is good
        assert relay.requests == ["POST /login", "POST /refresh", "POST /refresh"]


async def test_a_token_that_is_refused_is_replaced_once(store: Store, kind: str) -> None:
    options = register(store)
    with Relay(store.authorization.port) as relay:
        async with (
            open_client(kind, **options | {"authorization_url": relay.url}) as client,
            AsyncClient(**as_administrator(store)) as administrator,
        ):
            there = client.namespace("default")
            await there.get("absent", None)
            await give(administrator, options["username"], "read:team-*")  # revokes access tokens, not sessions
            await asyncio.gather(*(there.find("absent") for _ in range(10)))
            assert relay.requests == ["POST /login", "POST /refresh"]


async def give(administrator: AsyncClient, username: str, grant: str) -> None:
    tokens = administrator._credentials
    token = await administrator._driver.run(tokens.get_token())
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{administrator.authorization_url}/users/{username}/grants/{grant}"
        (await http.put(url, headers={"Authorization": f"Bearer {token}"})).raise_for_status()
    await asyncio.sleep(0.3)  # the key-value service has heard of it


async def test_a_session_is_revoked_when_the_client_is_closed(store: Store, kind: str) -> None:
    options = register(store)
    async with open_client(kind, **options) as client:
        await client.log_in()
        token = token_of(client)
        assert (await client.whoami())["username"] == options["username"]
    async with open_client(kind, **as_administrator(store) | {"username": None, "password": None, "token": token}) as other:
        with pytest.raises(InvalidToken):
            await other.whoami()


async def test_a_static_token_is_used_and_left_alone(store: Store, kind: str) -> None:
    with Client(**as_administrator(store)) as owner:
        owner.log_in()
        options = {"url": store.key_value.url, "token": token_of(owner)}
        for _ in range(2):
            async with open_client(kind, **options) as client:
                await client.namespace("default").get("absent", None)
    await asyncio.sleep(0.3)
    async with open_client(kind, **options) as client:
        with pytest.raises(InvalidToken) as caught:
            await client.namespace("default").get("absent", None)
        assert isinstance(caught.value, AccessRefused)


def create_account(store: Store, *scopes: str) -> dict[str, Any]:
    """Return the arguments of a client of a new service account."""
    client_id = f"importer-{uuid4().hex[:8]}"
    secret = store.create_account(client_id, *scopes)
    urls = {"url": store.key_value.url, "authorization_url": store.authorization.url}
    return urls | {"client_id": client_id, "client_secret": secret}


async def test_a_service_account_needs_no_session(store: Store, kind: str) -> None:
    options = create_account(store, "read:default")
    async with open_client(kind, **options) as client:
        await client.namespace("default").get("absent", None)
        with pytest.raises(InsufficientScope):
            await client.namespace("default").put("a", 1)
    async with open_client(kind, **options | {"client_secret": "wrong"}) as client:
        with pytest.raises(WrongCredentials):
            await client.namespace("default").get("a")


def test_who_you_are_must_be_said() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"username": "anna"},
        {"username": "a", "password": "b", "client_id": "c", "client_secret": "d"},
    ]
    for options in wrong:
        with pytest.raises(ValueError, match="Give a token"):
            Client("http://127.0.0.1:9080", **options)
    with pytest.raises(ValueError, match="authorization_url"):
        Client("http://127.0.0.1:1234", username="a", password="b")


def test_the_environment_says_who_you_are(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(store.administrator_password + "\n")
    monkeypatch.setenv("KV_URL", store.key_value.url)
    monkeypatch.setenv("KV_AUTHORIZATION_URL", store.authorization.url)
    monkeypatch.setenv("KV_USERNAME", "admin")
    monkeypatch.setenv("KV_PASSWORD_FILE", str(file))
    with Client.from_env() as client:
        assert client.whoami()["username"] == "admin"
    monkeypatch.delenv("KV_USERNAME")
    with pytest.raises(ValueError, match="Give a token"):
        Client.from_env()


class InMemory:
    """A token store that clients of a test share, as processes share a file."""

    def __init__(self) -> None:
        self.tokens: Tokens | None = None
        self._lock = threading.Lock()

    def load(self) -> Tokens | None:
        return self.tokens

    def save(self, tokens: Tokens | None) -> None:
        self.tokens = tokens

    def lock(self) -> AbstractContextManager[Any]:
        return self._lock


def test_processes_that_share_a_token_store_refresh_once(store: Store, relay: Relay) -> None:
    kept_tokens = InMemory()
    options = register(store) | {"authorization_url": relay.url, "token_store": kept_tokens}
    with Client(**options) as client:
        client.log_in()
    assert relay.requests == ["POST /login"]  # the session outlives the client
    kept = options | {"username": None, "password": None}
    assert kept_tokens.tokens is not None
    kept_tokens.tokens = replace(kept_tokens.tokens, refresh_at=time.time())

    def work() -> None:
        with Client(**kept) as client:
            client.namespace("default").get("absent", None)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert relay.requests == ["POST /login", "POST /refresh"]
    with Client(**kept) as client:
        client.log_out()
    with Client(**kept) as client, pytest.raises(NotLoggedIn):
        client.namespace("default").get("absent", None)


async def test_too_many_attempts_are_waited_for(store: Store, kind: str) -> None:
    options = register(store)
    for _ in range(10):
        with Client(**options | {"password": "wrong"}) as client, pytest.raises(WrongCredentials):
            client.log_in()
    async with open_client(kind, **options | {"retry_for": 0}) as hasty:
        with pytest.raises(TooManyAttempts) as caught:
            await hasty.log_in()
        assert 0 < (caught.value.retry_after or 0) <= 10
    with Relay(store.authorization.port) as relay:
        async with open_client(kind, **options | {"authorization_url": relay.url}) as client:
            await client.log_in()
            assert relay.requests == ["POST /login"] * 2


async def test_nothing_secret_is_shown(store: Store, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    options = register(store)
    texts = []
    async with open_client(kind, **options) as client:
        there = client.namespace("default")
        await there.get("absent", None)
        tokens = session_of(client)._tokens
        for failing in (there.put("", 1), there.get("absent"), client.show_namespace("absent-at-all")):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
                await failing
            error = caught.value
            texts += [repr(error), str(error), repr(error.__dict__), "".join(traceback.format_exception(error))]
        owner = client.blocking if kind == "blocking" else client
        texts += [repr(each) for each in (owner, owner._credentials, owner._channel, tokens, there)]
    async with open_client(kind, **options | {"password": "Wrong-horse-8", "retry_for": 0}) as client:
        with pytest.raises(WrongCredentials) as refused:
            await client.log_in()
        texts += [repr(refused.value), "".join(traceback.format_exception(refused.value))]
    texts.append(caplog.text)
    for secret in (PASSWORD, "Wrong-horse-8", tokens.access_token, tokens.refresh_token):
        assert not any(secret in text for text in texts)


def test_user_with_a_second_factor_is_asked_for_a_code(store: Store) -> None:
    person = people.register(store.authorization)
    app, _ = enrol(person)
    options = as_administrator(store) | {"username": person.username, "password": person.password}
    with Client(**options) as client, pytest.raises(SecondFactorRequired):
        client.log_in()
    with Client(**options, code=lambda: app.last_code) as client, pytest.raises(WrongCode):
        client.log_in()
    with Client(**options, code=app.code) as client:
        assert client.whoami()["username"] == person.username
