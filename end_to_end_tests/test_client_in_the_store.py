"""What a client does in the store on behalf of a user that has signed in to it: what the user may, narrowed by scope."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.authorization.signing_in import Browser, RegisteredClient
from test_support.problems import read_problem
from test_support.processes import wait_until
from test_support.store import Store


@pytest.fixture
def administrator(shared_store: Store) -> Person:
    return log_in_as_administrator(shared_store.authorization, shared_store.authorization.log.parent)


@pytest.fixture
def client(shared_store: Store, administrator: Person) -> RegisteredClient:
    return RegisteredClient.register(administrator, shared_store.authorization.url)


@pytest.fixture
def person(shared_store: Store) -> Person:
    """A user that may read and write the namespace `default`."""
    return register(shared_store.authorization)


@pytest.fixture
def browser(shared_store: Store) -> Iterator[Browser]:
    with Browser(shared_store.authorization.url) as browser:
        yield browser


def ask_store(store: Store, tokens: dict[str, Any], method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx.request(method, store.key_value.url + path, json=body, headers=headers, trust_env=False, timeout=30)


def test_client_may_do_what_it_has_asked_for_and_no_more(
    shared_store: Store, client: RegisteredClient, browser: Browser, person: Person
) -> None:
    tokens = client.sign_in(browser, person, scope="openid read:default/config/*")
    pairs = "/namespaces/default/pairs"
    key = f"config%2F{uuid.uuid4().hex}"
    assert ask_store(shared_store, tokens, "GET", f"{pairs}/{key}").status_code == 404
    # The user may, and the client has not asked.
    for method, path, body in (("GET", f"{pairs}/b", None), ("PUT", f"{pairs}/{key}", 1)):
        read_problem(ask_store(shared_store, tokens, method, path, body), 403, "insufficient-scope")
    own = ask_store(shared_store, {"access_token": person.token}, "PUT", f"{pairs}/{key}", 1)
    assert own.status_code == 201
    assert ask_store(shared_store, tokens, "GET", f"{pairs}/{key}").json() == 1


def test_client_may_not_do_what_its_user_may_not(
    shared_store: Store, client: RegisteredClient, browser: Browser, person: Person
) -> None:
    tokens = client.sign_in(browser, person, scope="openid write:* admin:default read:secret administration")
    assert tokens["scope"] == "openid read:default write:default"
    for path in ("/namespaces/secret/pairs/a", "/namespaces/other/pairs/a"):
        read_problem(ask_store(shared_store, tokens, "PUT", path, 1), 403, "insufficient-scope")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    listed = httpx.get(f"{client.url}/users", headers=headers, trust_env=False)
    assert listed.status_code == 403


def test_client_loses_what_its_user_loses(
    shared_store: Store, administrator: Person, client: RegisteredClient, browser: Browser, person: Person
) -> None:
    tokens = client.sign_in(browser, person, scope="openid read:default write:default")
    taken = administrator("DELETE", f"/users/{person.username}/grants/write:default")
    assert taken.status_code == 204
    renewed = client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert renewed["scope"] == "openid read:default"
    path = "/namespaces/default/pairs/a"
    wait_until(lambda: ask_store(shared_store, tokens, "GET", path).status_code == 401, "the earlier token being refused")
    read_problem(ask_store(shared_store, renewed, "PUT", path, 1), 403, "insufficient-scope")
    assert ask_store(shared_store, renewed, "GET", path).status_code in (200, 404)
    # Signing out at the page ends that, too.
    browser.send(browser.open("/signed-in"))
    wait_until(lambda: ask_store(shared_store, renewed, "GET", path).status_code == 401, "the token being refused")
