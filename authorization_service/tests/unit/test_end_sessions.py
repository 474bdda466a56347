"""Logout."""

import pytest

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.session.administer_sessions import ListSessionsOfUser, LogOutUser
from authorization_service.application.session.end_sessions import EndSession, LogOut, LogOutEverywhere
from authorization_service.application.session.list_sessions import ListSessions
from authorization_service.domain.entities.session import Session
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.people import UserLoggedOut
from authorization_service.domain.exceptions import NoSuchSessionError
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.authentication import Caller
from shared_kernel.application.client_info import UNKNOWN_CLIENT
from test_support.authorization.fakes import (
    ADMINISTRATOR,
    AS_ADMINISTRATOR,
    BY_PASSWORD,
    NOON,
    REQUIRE_ADMINISTRATOR,
    InMemorySessionRepository,
    InMemoryUserRepository,
    make_user,
)

ANNA, BELLA = make_user("anna"), make_user("bella")


@pytest.fixture
def sessions() -> InMemorySessionRepository:
    return InMemorySessionRepository(InMemoryUserRepository([ANNA, BELLA]))


async def open_session(sessions: InMemorySessionRepository, user: User = ANNA) -> Session:
    return (await sessions.open(user, BY_PASSWORD, RefreshToken.new(), UNKNOWN_CLIENT)).session


def make_caller(session: Session) -> Caller:
    return Caller(str(session.user_id), frozenset(), str(session.id))


async def test_caller_sees_only_its_own_sessions(sessions: InMemorySessionRepository) -> None:
    first, second = await open_session(sessions), await open_session(sessions)
    await open_session(sessions, BELLA)
    assert await ListSessions(sessions)(make_caller(first)) == [second, first]


async def test_logout_ends_only_the_session_of_the_token(sessions: InMemorySessionRepository) -> None:
    here, elsewhere = await open_session(sessions), await open_session(sessions)
    await LogOut(sessions)(make_caller(here))
    assert await sessions.find_of_user(str(ANNA.id)) == [elsewhere]


async def test_concurrent_logouts_succeed(sessions: InMemorySessionRepository) -> None:
    here = await open_session(sessions)
    await LogOut(sessions)(make_caller(here))
    await LogOut(sessions)(make_caller(here))
    assert sessions.ended == [here.id]


async def test_token_without_a_session_cannot_log_out(sessions: InMemorySessionRepository) -> None:
    with pytest.raises(NoSuchSessionError):
        await LogOut(sessions)(Caller("a-client", frozenset()))


async def test_logout_everywhere_ends_all_sessions_of_the_caller_only(sessions: InMemorySessionRepository) -> None:
    here = await open_session(sessions)
    await open_session(sessions)
    other = await open_session(sessions, BELLA)
    await LogOutEverywhere(sessions)(make_caller(here))
    assert await sessions.find_of_user(str(ANNA.id)) == []
    assert await sessions.find_of_user(str(BELLA.id)) == [other]


async def test_a_caller_ends_another_session_of_its_own(sessions: InMemorySessionRepository) -> None:
    here, elsewhere = await open_session(sessions), await open_session(sessions)
    await EndSession(sessions)(make_caller(here), str(elsewhere.id))
    assert await sessions.find_of_user(str(ANNA.id)) == [here]


async def test_session_of_another_user_cannot_be_ended(sessions: InMemorySessionRepository) -> None:
    here, other = await open_session(sessions), await open_session(sessions, BELLA)
    with pytest.raises(NoSuchSessionError):
        await EndSession(sessions)(make_caller(here), str(other.id))
    assert sessions.ended == []


async def test_administrator_ends_one_or_all_sessions_of_a_user_with_an_event_each() -> None:
    users = InMemoryUserRepository([ANNA, BELLA])
    sessions = InMemorySessionRepository(users)
    first, second, other = await open_session(sessions), await open_session(sessions), await open_session(sessions, BELLA)
    log_out = LogOutUser(REQUIRE_ADMINISTRATOR, users, sessions, now=lambda: NOON)
    await log_out(AS_ADMINISTRATOR, "ANNA", str(first.id))
    assert await ListSessionsOfUser(REQUIRE_ADMINISTRATOR, users, sessions)(OPERATOR, "anna") == [second]
    await log_out(OPERATOR, "anna")
    assert await sessions.find_of_user(str(ANNA.id)) == []
    assert await sessions.find_of_user(str(BELLA.id)) == [other]
    anna = str(ANNA.id)
    assert [event for event in users.events if isinstance(event, UserLoggedOut)] == [
        UserLoggedOut(user_id=anna, occurred_at=NOON, session_id=str(first.id), by=str(ADMINISTRATOR.id)),
        UserLoggedOut(user_id=anna, occurred_at=NOON, session_id=None, by=None),
    ]


async def test_session_of_another_user_is_not_ended_by_an_administrator() -> None:
    users = InMemoryUserRepository([ANNA, BELLA])
    sessions = InMemorySessionRepository(users)
    other = await open_session(sessions, BELLA)
    with pytest.raises(NoSuchSessionError):
        await LogOutUser(REQUIRE_ADMINISTRATOR, users, sessions, now=lambda: NOON)(AS_ADMINISTRATOR, "anna", str(other.id))
    assert not [event for event in users.events if isinstance(event, UserLoggedOut)]
