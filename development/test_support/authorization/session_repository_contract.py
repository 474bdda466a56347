"""The contract of SessionRepository, for the fake and for Tarantool."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest

from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.session import MAX_USER_AGENT, Session, SessionPolicy, UsedSession
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import LoggedIn, LoginRefused, RefreshTokenReused, Refusal, SessionEnded
from authorization_service.domain.exceptions import (
    InvalidRefreshTokenError,
    NoSuchSessionError,
    RefreshTokenReusedError,
    WrongCredentialsError,
)
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.domain.grants import Grant
from test_support.authorization.fakes import BY_PASSWORD, NOON, POLICY, make_user
from test_support.authorization.user_repository_contract import unused_name

GRANTS = (Grant.parse("read:default"), Grant.parse("write:team-*"))
HOME = ClientInfo("192.0.2.1", "a browser")
ABROAD = ClientInfo("2001:db8::1", "a telephone")
GRACEFUL = replace(POLICY, refresh_grace=timedelta(minutes=10))

MakeSessions = Callable[[SessionPolicy], SessionRepository]


class Store(NamedTuple):
    users: UserRepository
    make_sessions: MakeSessions
    read_events: Callable[[], list[DomainEvent]]
    wait: Callable[[timedelta], Awaitable[None]]

    def events_of(self, user: User) -> list[DomainEvent]:
        """Return a user's events, in order, without their times."""
        return [replace(event, occurred_at=NOON) for event in self.read_events() if event.user_id == str(user.id)]


def logged_in(session: Session) -> LoggedIn:
    return LoggedIn(
        user_id=str(session.user_id),
        occurred_at=NOON,
        session_id=str(session.id),
        address=session.address,
        user_agent=session.user_agent,
        methods=BY_PASSWORD.methods,
    )


def ended(session: Session, reason: str) -> SessionEnded:
    return SessionEnded(user_id=str(session.user_id), occurred_at=NOON, session_id=str(session.id), reason=reason)


class SessionRepositoryContract:
    """Inherit it as `Test…` and define the fixture `store`."""

    @pytest.fixture
    def sessions(self, store: Store) -> SessionRepository:
        return store.make_sessions(POLICY)

    @pytest.fixture
    async def user(self, store: Store) -> User:
        user = make_user(unused_name())
        await store.users.add(user, GRANTS)
        return user

    async def test_opened_session_belongs_to_its_user(self, sessions: SessionRepository, user: User) -> None:
        session = (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session
        assert session.user_id == user.id
        assert (session.address, session.user_agent) == HOME
        assert session.created_at == session.last_used_at == session.expires_at - POLICY.idle
        assert await sessions.find_of_user(str(user.id)) == [session]

    async def test_session_keeps_its_scope(self, sessions: SessionRepository, user: User) -> None:
        for scope in ("read:default write:team-*", None):
            token = RefreshToken.new()
            opened = await sessions.open(user, BY_PASSWORD, token, HOME, scope)
            refreshed = await sessions.refresh(token, HOME)
            assert opened.session.scope == refreshed.session.scope == scope

    async def test_session_is_returned_with_its_user_and_grants(self, sessions: SessionRepository, user: User) -> None:
        token = RefreshToken.new()
        for used in (
            await sessions.open(user, BY_PASSWORD, token, HOME),
            await sessions.refresh(token, HOME),
        ):
            assert used.user == user
            assert sorted(used.grants) == sorted(GRANTS)

    async def test_disabled_user_gets_no_session_and_its_sessions_end_when_used(
        self, store: Store, sessions: SessionRepository, user: User
    ) -> None:
        token = RefreshToken.new()
        session = (await sessions.open(user, BY_PASSWORD, token, HOME)).session
        disabled = user.administer(NOON, "by", is_enabled=False)
        assert await store.users.change(replace(disabled, events=()))
        with pytest.raises(WrongCredentialsError):
            await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(token, HOME)
        assert await sessions.find_of_user(str(user.id)) == []
        refused = LoginRefused(user_id=str(user.id), occurred_at=NOON, reason=Refusal.USER_CHANGED, address=HOME.address)
        assert store.events_of(user) == [logged_in(session), refused, ended(session, "user gone")]

    async def test_opening_and_ending_have_events(self, store: Store, sessions: SessionRepository, user: User) -> None:
        first, second = [(await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session for _ in range(2)]
        await sessions.end(str(user.id), str(first.id))
        await sessions.end_all(str(user.id))
        assert store.events_of(user) == [
            logged_in(first),
            logged_in(second),
            ended(first, "logged out"),
            ended(second, "logged out"),
        ]

    async def test_end_of_a_session_beyond_the_limit_has_an_event(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(replace(POLICY, max_sessions=1))
        first, second = [(await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session for _ in range(2)]
        assert store.events_of(user) == [logged_in(first), ended(first, "too many"), logged_in(second)]

    async def test_reuse_of_a_refresh_token_has_an_event_without_secrets(
        self, store: Store, sessions: SessionRepository, user: User
    ) -> None:
        token = RefreshToken.new()
        session = (await sessions.open(user, BY_PASSWORD, token, HOME)).session
        await sessions.refresh(token, HOME)
        for _ in range(2):
            with pytest.raises(InvalidRefreshTokenError):
                await sessions.refresh(token, ABROAD)
        reused = RefreshTokenReused(
            user_id=str(user.id),
            occurred_at=NOON,
            session_id=str(session.id),
            address=ABROAD.address,
            user_agent=ABROAD.user_agent,
        )
        assert store.events_of(user) == [logged_in(session), reused, ended(session, "refresh token reused")]

    async def test_long_user_agent_is_cut(self, sessions: SessionRepository, user: User) -> None:
        session = (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), ClientInfo("192.0.2.1", "x" * 60_000))).session
        assert session.user_agent == "x" * MAX_USER_AGENT

    async def test_no_session_is_opened_for_an_unknown_user(self, sessions: SessionRepository) -> None:
        stranger = make_user(unused_name())
        with pytest.raises(WrongCredentialsError):
            await sessions.open(stranger, BY_PASSWORD, RefreshToken.new(), HOME)
        assert await sessions.find_of_user(str(stranger.id)) == []

    async def test_no_session_is_opened_with_a_password_that_has_been_changed(
        self, sessions: SessionRepository, user: User
    ) -> None:
        with pytest.raises(WrongCredentialsError):
            await sessions.open(replace(user, password_hash="what it was before"), BY_PASSWORD, RefreshToken.new(), HOME)
        assert await sessions.find_of_user(str(user.id)) == []

    async def test_a_refreshed_session_is_the_same_used_later_and_elsewhere(
        self, sessions: SessionRepository, user: User
    ) -> None:
        token = RefreshToken.new()
        opened = (await sessions.open(user, BY_PASSWORD, token, HOME)).session
        _, session, owner, *_ = await sessions.refresh(token, ABROAD)
        assert owner == user
        assert session == replace(
            opened,
            last_used_at=session.last_used_at,
            expires_at=session.last_used_at + POLICY.idle,
            address=ABROAD.address,
            user_agent=ABROAD.user_agent,
        )
        assert session.last_used_at > opened.last_used_at
        assert await sessions.find_of_user(str(user.id)) == [session]

    async def test_each_successor_works_in_its_turn(self, sessions: SessionRepository, user: User) -> None:
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        for _ in range(5):
            token = (await sessions.refresh(token, HOME)).refresh_token

    @pytest.mark.parametrize("generations", [1, 2, 30])
    async def test_reuse_of_an_old_token_ends_the_session(
        self, sessions: SessionRepository, user: User, generations: int
    ) -> None:
        first = token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        for _ in range(generations):
            token = (await sessions.refresh(token, HOME)).refresh_token
        with pytest.raises(RefreshTokenReusedError):
            await sessions.refresh(first, ABROAD)
        assert await sessions.find_of_user(str(user.id)) == []
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(token, HOME)

    async def test_without_grace_one_of_fifty_concurrent_uses_succeeds_and_the_session_ends(
        self, sessions: SessionRepository, user: User
    ) -> None:
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        outcomes = await asyncio.gather(*(sessions.refresh(token, HOME) for _ in range(50)), return_exceptions=True)
        winners = [outcome.refresh_token for outcome in outcomes if isinstance(outcome, UsedSession)]
        assert len(winners) == 1
        assert sum(isinstance(outcome, InvalidRefreshTokenError) for outcome in outcomes) == 49
        assert sum(isinstance(outcome, RefreshTokenReusedError) for outcome in outcomes) == 1
        assert await sessions.find_of_user(str(user.id)) == []
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(winners[0], HOME)

    async def test_within_the_grace_fifty_concurrent_uses_have_one_successor(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(GRACEFUL)
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        for _ in range(3):
            used = await asyncio.gather(*(sessions.refresh(token, HOME) for _ in range(50)))
            [successor] = {each.refresh_token for each in used}
            assert successor not in (token, None)
            token = successor
        assert len(await sessions.find_of_user(str(user.id))) == 1

    async def test_repeated_use_is_a_use_of_the_session(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(GRACEFUL)
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        first = await sessions.refresh(token, HOME)
        again = await sessions.refresh(token, ABROAD)
        assert again.session.last_used_at > first.session.last_used_at
        assert (again.session.address, again.session.user_agent) == ABROAD
        assert await sessions.find_by_token(first.refresh_token) == again.session
        assert await sessions.find_by_token(token, within_grace=True) == again.session
        assert await sessions.find_by_token(token) is None

    async def test_grace_ends_when_the_successor_is_used(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(GRACEFUL)
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        successor = (await sessions.refresh(token, HOME)).refresh_token
        latest = (await sessions.refresh(successor, HOME)).refresh_token
        assert await sessions.find_by_token(token, within_grace=True) is None
        with pytest.raises(RefreshTokenReusedError):
            await sessions.refresh(token, ABROAD)
        assert await sessions.find_of_user(str(user.id)) == []
        for ended_token in (successor, latest):
            with pytest.raises(InvalidRefreshTokenError):
                await sessions.refresh(ended_token, HOME)

    async def test_grace_begins_with_the_first_use_and_repeated_uses_do_not_extend_it(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(replace(POLICY, refresh_grace=timedelta(seconds=1)))
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        await store.wait(timedelta(seconds=1.2))
        first = await sessions.refresh(token, HOME)
        await store.wait(timedelta(seconds=0.6))
        assert (await sessions.refresh(token, HOME)).refresh_token == first.refresh_token
        await store.wait(timedelta(seconds=0.6))
        assert await sessions.find_by_token(token, within_grace=True) is None
        with pytest.raises(RefreshTokenReusedError):
            await sessions.refresh(token, HOME)

    async def test_ended_session_is_not_continued_within_the_grace(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(GRACEFUL)
        token = RefreshToken.new()
        session = (await sessions.open(user, BY_PASSWORD, token, HOME)).session
        await sessions.refresh(token, HOME)
        await sessions.end(str(user.id), str(session.id))
        with pytest.raises(InvalidRefreshTokenError) as refusal:
            await sessions.refresh(token, HOME)
        assert not isinstance(refusal.value, RefreshTokenReusedError)

    async def test_unknown_token_is_rejected_and_ends_no_session(self, sessions: SessionRepository, user: User) -> None:
        session = (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session
        made_up = RefreshToken.new()
        with pytest.raises(InvalidRefreshTokenError) as refusal:
            await sessions.refresh(made_up, HOME)
        assert not isinstance(refusal.value, RefreshTokenReusedError)
        assert await sessions.find_of_user(str(user.id)) == [session]

    async def test_idle_session_expires(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(replace(POLICY, idle=timedelta(0)))
        token = RefreshToken.new()
        await sessions.open(user, BY_PASSWORD, token, HOME)
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(token, HOME)
        assert await sessions.find_of_user(str(user.id)) == []

    async def test_use_does_not_extend_a_session_beyond_its_maximum_lifetime(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(replace(POLICY, absolute=POLICY.idle / 2))
        token = RefreshToken.new()
        opened = (await sessions.open(user, BY_PASSWORD, token, HOME)).session
        assert opened.expires_at == opened.created_at + POLICY.idle / 2
        _, session, *_ = await sessions.refresh(token, HOME)
        assert session.last_used_at > opened.last_used_at
        assert session.expires_at == opened.expires_at

    async def test_least_recently_used_session_beyond_the_limit_is_ended(self, store: Store, user: User) -> None:
        sessions = store.make_sessions(replace(POLICY, max_sessions=3))
        tokens = [RefreshToken.new() for _ in range(4)]
        opened = [(await sessions.open(user, BY_PASSWORD, token, HOME)).session for token in tokens[:3]]
        await sessions.refresh(tokens[0], HOME)
        newest = (await sessions.open(user, BY_PASSWORD, tokens[3], HOME)).session
        found = [session.id for session in await sessions.find_of_user(str(user.id))]
        assert found == [newest.id, opened[0].id, opened[2].id]
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(tokens[1], HOME)

    async def test_an_ended_session_cannot_be_refreshed_and_others_can(self, sessions: SessionRepository, user: User) -> None:
        ended, living = RefreshToken.new(), RefreshToken.new()
        session = (await sessions.open(user, BY_PASSWORD, ended, HOME)).session
        other = (await sessions.open(user, BY_PASSWORD, living, ABROAD)).session
        await sessions.end(str(user.id), str(session.id))
        assert await sessions.find_of_user(str(user.id)) == [other]
        with pytest.raises(InvalidRefreshTokenError):
            await sessions.refresh(ended, HOME)
        await sessions.refresh(living, ABROAD)

    async def test_a_session_ends_once(self, sessions: SessionRepository, user: User) -> None:
        session = (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session
        await sessions.end(str(user.id), str(session.id))
        with pytest.raises(NoSuchSessionError):
            await sessions.end(str(user.id), str(session.id))

    async def test_session_of_another_user_cannot_be_ended(self, store: Store, sessions: SessionRepository, user: User) -> None:
        other = make_user(unused_name())
        await store.users.add(other)
        session = (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session
        with pytest.raises(NoSuchSessionError):
            await sessions.end(str(other.id), str(session.id))
        assert await sessions.find_of_user(str(user.id)) == [session]
        assert await sessions.find_of_user(str(other.id)) == []

    @pytest.mark.parametrize("session_id", ["", "not-an-id", "анна", "x" * 100_000])
    async def test_unknown_session_cannot_be_ended(self, sessions: SessionRepository, user: User, session_id: str) -> None:
        with pytest.raises(NoSuchSessionError):
            await sessions.end(str(user.id), session_id)

    async def test_all_sessions_of_a_user_end_and_no_others(self, store: Store, sessions: SessionRepository, user: User) -> None:
        other = make_user(unused_name())
        await store.users.add(other)
        kept = (await sessions.open(other, BY_PASSWORD, RefreshToken.new(), HOME)).session
        for _ in range(3):
            await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)
        assert await sessions.end_all(str(user.id)) == 3
        assert await sessions.end_all(str(user.id)) == 0
        assert await sessions.find_of_user(str(user.id)) == []
        assert await sessions.find_of_user(str(other.id)) == [kept]

    async def test_all_sessions_but_one_end(self, sessions: SessionRepository, user: User) -> None:
        several = [(await sessions.open(user, BY_PASSWORD, RefreshToken.new(), HOME)).session for _ in range(3)]
        assert await sessions.end_all(str(user.id), str(several[1].id)) == 2
        assert await sessions.find_of_user(str(user.id)) == [several[1]]

    async def test_a_user_who_does_not_exist_has_no_sessions(self, sessions: SessionRepository) -> None:
        assert await sessions.find_of_user(str(uuid4())) == []
        assert await sessions.end_all(str(uuid4())) == 0
