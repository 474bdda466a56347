"""Token refresh."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.application.session.refresh_session import RefreshSession, RefreshSessionRequest
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.exceptions import InvalidRefreshTokenError, InvalidScopeError, RefreshTokenReusedError
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo
from shared_kernel.domain.grants import Grant
from test_support.authorization.fakes import (
    BY_PASSWORD,
    DEFAULT_GRANTS,
    POLICY,
    InMemorySessionRepository,
    InMemoryUserRepository,
    NamingAccessTokenIssuer,
    NamingIdTokenIssuer,
    make_user,
)

ANNA = make_user("anna")


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA], DEFAULT_GRANTS)


@pytest.fixture
def sessions(users: InMemoryUserRepository) -> InMemorySessionRepository:
    return InMemorySessionRepository(users)


@pytest.fixture
def issuer() -> NamingAccessTokenIssuer:
    return NamingAccessTokenIssuer()


@pytest.fixture
def refresh(sessions: InMemorySessionRepository, issuer: NamingAccessTokenIssuer) -> RefreshSession:
    return RefreshSession(sessions, issuer, NamingIdTokenIssuer())


@pytest.fixture
async def token(sessions: InMemorySessionRepository) -> RefreshToken:
    token = RefreshToken.new()
    await sessions.open(ANNA, BY_PASSWORD, token, UNKNOWN_CLIENT)
    return token


async def test_latest_token_is_exchanged_for_tokens_of_the_same_session(
    refresh: RefreshSession, sessions: InMemorySessionRepository, issuer: NamingAccessTokenIssuer, token: RefreshToken
) -> None:
    tokens = await refresh(RefreshSessionRequest(token.text, ClientInfo("192.0.2.7", "a telephone")))
    (session,) = await sessions.find_of_user(str(ANNA.id))
    assert tokens.access_token.token == f"first-party: {ANNA.id} may read:default write:default in {session.id}"
    assert issuer.read_at == [(session.last_used_at, 0)]
    assert (session.address, session.user_agent) == ("192.0.2.7", "a telephone")
    assert tokens.refresh_token.text != token.text
    assert await refresh(RefreshSessionRequest(tokens.refresh_token.text))


async def test_new_token_has_the_users_current_grants(
    refresh: RefreshSession, users: InMemoryUserRepository, token: RefreshToken
) -> None:
    grants = {Grant.parse(text) for text in ("read:default", "read:*", "write:team-*")}
    users.grants[Holder(HolderKind.USER, str(ANNA.id))] = grants
    tokens = await refresh(RefreshSessionRequest(token.text))
    assert " may read:* write:team-* in " in tokens.access_token.token


@pytest.mark.parametrize(
    ("opened_for", "grants", "scope"),
    [
        ("read:default", "read:default write:default", "read:default"),
        ("read:default", "read:* write:default", "read:default"),
        ("read:*", "read:default write:default", "read:default"),
        ("read:default write:team-*", "read:* write:team-1 write:other", "read:default write:team-1"),
        ("read:default", "write:default", ""),
    ],
)
async def test_refresh_does_not_widen_the_scope_of_the_session(
    refresh: RefreshSession,
    users: InMemoryUserRepository,
    sessions: InMemorySessionRepository,
    opened_for: str,
    grants: str,
    scope: str,
) -> None:
    token = RefreshToken.new()
    await sessions.open(ANNA, BY_PASSWORD, token, UNKNOWN_CLIENT, opened_for)
    users.grants[Holder(HolderKind.USER, str(ANNA.id))] = {Grant.parse(text) for text in grants.split()}
    tokens = await refresh(RefreshSessionRequest(token.text))
    assert f" may {scope} in " in tokens.access_token.token
    with pytest.raises(InvalidScopeError):
        await refresh(RefreshSessionRequest(tokens.refresh_token.text, scope="write:default"))


async def test_repeated_use_within_the_grace_yields_the_same_refresh_token(users: InMemoryUserRepository) -> None:
    sessions = InMemorySessionRepository(users, replace(POLICY, refresh_grace=timedelta(seconds=10)))
    refresh = RefreshSession(sessions, NamingAccessTokenIssuer(), NamingIdTokenIssuer())
    token = RefreshToken.new()
    await sessions.open(ANNA, BY_PASSWORD, token, UNKNOWN_CLIENT)
    tokens = [await refresh(RefreshSessionRequest(token.text)) for _ in range(2)]
    assert tokens[0].refresh_token == tokens[1].refresh_token != token


async def test_invalid_scope_does_not_cost_the_session_within_the_grace(users: InMemoryUserRepository) -> None:
    sessions = InMemorySessionRepository(users, replace(POLICY, refresh_grace=timedelta(seconds=10)))
    refresh = RefreshSession(sessions, NamingAccessTokenIssuer(), NamingIdTokenIssuer())
    token = RefreshToken.new()
    await sessions.open(ANNA, BY_PASSWORD, token, UNKNOWN_CLIENT)
    with pytest.raises(InvalidScopeError):
        await refresh(RefreshSessionRequest(token.text, scope="admin:*"))
    assert await refresh(RefreshSessionRequest(token.text))


async def test_second_use_of_a_token_ends_the_session(
    refresh: RefreshSession, sessions: InMemorySessionRepository, token: RefreshToken
) -> None:
    tokens = await refresh(RefreshSessionRequest(token.text))
    with pytest.raises(RefreshTokenReusedError):
        await refresh(RefreshSessionRequest(token.text))
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(RefreshSessionRequest(tokens.refresh_token.text))
    assert len(sessions.ended) == 1


async def test_of_fifty_concurrent_uses_one_gets_tokens(refresh: RefreshSession, token: RefreshToken) -> None:
    outcomes = await asyncio.gather(*(refresh(RefreshSessionRequest(token.text)) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, SessionTokens) for outcome in outcomes) == 1


async def test_deleted_user_gets_no_tokens(refresh: RefreshSession, users: InMemoryUserRepository, token: RefreshToken) -> None:
    users.remove_all()
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(RefreshSessionRequest(token.text))


@pytest.mark.parametrize("text", ["", "x", "я", "x" * 1_000_000])
async def test_malformed_token_is_rejected(refresh: RefreshSession, text: str) -> None:
    with pytest.raises(InvalidRefreshTokenError):
        await refresh(RefreshSessionRequest(text))


async def test_token_is_not_used_up_while_the_store_is_unavailable(
    refresh: RefreshSession, users: InMemoryUserRepository, token: RefreshToken
) -> None:
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await refresh(RefreshSessionRequest(token.text))
    users.is_available = True
    assert await refresh(RefreshSessionRequest(token.text))


def test_representations_do_not_show_the_token(token: RefreshToken) -> None:
    assert token.text not in repr(RefreshSessionRequest(token.text))
    assert token.family.hex() not in repr(token)
