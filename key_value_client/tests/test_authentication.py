"""Programs of one's own that accept the tokens of the authorization service."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from key_value_client import KeyValueError
from key_value_client.authentication import AsyncAuthenticator, AuthenticationUnavailable, NotAuthenticated
from test_support.relay import Relay
from test_support.store import Store

from .test_tokens import PASSWORD, create_account, register


@pytest.fixture(scope="module")
def account(store: Store) -> tuple[str, str]:
    """Id and secret of a service account."""
    options = create_account(store, "read:default")
    return options["client_id"], options["client_secret"]


@pytest.fixture
async def authenticator(store: Store, account: tuple[str, str]) -> AsyncIterator[AsyncAuthenticator]:
    async with AsyncAuthenticator(store.authorization.url, *account, kept_for=0) as authenticator:
        yield authenticator


def log_in(store: Store, username: str, password: str = PASSWORD) -> dict[str, str]:
    answer = httpx.post(f"{store.authorization.url}/login", json={"username": username, "password": password}, trust_env=False)
    tokens: dict[str, str] = answer.raise_for_status().json()
    return tokens


async def test_a_user_is_known_by_its_token_until_that_is_revoked(store: Store, authenticator: AsyncAuthenticator) -> None:
    username = register(store)["username"]
    tokens = log_in(store, username)
    caller = await authenticator.authenticate(tokens["access_token"])
    assert (caller.username, caller.name, caller.is_account, caller.is_administrator) == (username, "Anna", False, False)
    with pytest.raises(NotAuthenticated):  # a refresh token is no access token
        await authenticator.authenticate(tokens["refresh_token"])
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{store.authorization.url}/logout", headers=headers)).raise_for_status()
    with pytest.raises(NotAuthenticated):
        await authenticator.authenticate(tokens["access_token"])


async def test_an_administrator_is_known_as_one(store: Store, authenticator: AsyncAuthenticator) -> None:
    token = log_in(store, "admin", store.administrator_password)["access_token"]
    assert (await authenticator.authenticate(token)).is_administrator


async def test_a_service_account_is_known_by_its_key(authenticator: AsyncAuthenticator, account: tuple[str, str]) -> None:
    client_id, secret = account
    caller = await authenticator.authenticate_key(f"{client_id}:{secret}")
    assert (caller.subject, caller.username, caller.is_account) == (client_id, client_id, True)
    assert "read:default" in caller.scope


@pytest.mark.parametrize("wrong", ["", "x", ":", "nobody:x", "a:b:c"])
async def test_what_is_wrong_is_refused(authenticator: AsyncAuthenticator, wrong: str) -> None:
    with pytest.raises(NotAuthenticated):
        await authenticator.authenticate_key(wrong)
    with pytest.raises(NotAuthenticated):
        await authenticator.authenticate(wrong or uuid4().hex)


async def test_what_is_known_is_not_asked_for_again(store: Store, account: tuple[str, str]) -> None:
    token = log_in(store, register(store)["username"])["access_token"]
    with Relay(store.authorization.port) as relay:
        async with AsyncAuthenticator(relay.url, *account, kept_for=600) as authenticator:
            callers = [await authenticator.authenticate(token) for _ in range(3)]
            assert callers[0] == callers[2]
            assert relay.requests == ["POST /introspect", "GET /me"]
            assert token not in repr(vars(authenticator))


async def test_the_programs_own_account_must_be_right(store: Store) -> None:
    async with AsyncAuthenticator(store.authorization.url, "nobody", "x") as authenticator:
        with pytest.raises(KeyValueError, match="your own service account"):
            await authenticator.authenticate("x")


async def test_a_service_that_is_away_is_no_refusal(account: tuple[str, str]) -> None:
    async with AsyncAuthenticator("http://127.0.0.1:1", *account) as authenticator:
        with pytest.raises(AuthenticationUnavailable):
            await authenticator.authenticate("x")
