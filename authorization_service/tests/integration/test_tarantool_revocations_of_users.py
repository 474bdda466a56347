"""Effects of changes of users, groups and grants on sessions and tokens, in the same transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.domain.entities.group import Group
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import WrongCredentialsError
from authorization_service.domain.value_objects.group_name import GroupName
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.fakes import BY_PASSWORD, NOON, POLICY, make_user
from test_support.authorization.rights_contract import READ, user_holder
from test_support.authorization.user_repository_contract import unused_name
from test_support.connections import connected
from test_support.processes import Tarantool


class Store:
    """The repositories on one Tarantool, and its revocations."""

    def __init__(self, connection: TarantoolConnection) -> None:
        self.users = TarantoolUserRepository(connection)
        self.groups = TarantoolGroupRepository(connection)
        self.grants = TarantoolGrantRepository(connection)
        self.sessions = TarantoolSessionRepository(connection, POLICY, Revocations())
        self._connection = connection

    async def add_user(self, sessions: int) -> tuple[User, list[str]]:
        """Return a new user with that number of sessions, and the sessions' ids."""
        user = make_user(unused_name())
        await self.users.add(user)
        opened = [
            (await self.sessions.open(user, BY_PASSWORD, RefreshToken.new(), ClientInfo())).session for _ in range(sessions)
        ]
        return user, [str(session.id) for session in opened]

    async def add_group(self) -> Holder:
        """Return a new group."""
        name = unused_name().lower()
        assert await self.groups.add(Group(GroupName(name), NOON), [])
        return Holder(HolderKind.GROUP, name)

    async def find_sessions(self, user: User) -> set[str]:
        """Return the ids of a user's sessions."""
        return {str(session.id) for session in await self.sessions.find_of_user(str(user.id))}

    async def find_revocations(self, *ids: str) -> list[tuple[str, str]]:
        """Return kind and id of the revocations of these ids, in order."""
        revocations: list[tuple[str, str]] = []
        after, found = 0, [None]
        while found:
            _, after, found = await self._connection.call("revocations.follow", [after, 0])
            revocations += [(kind, each) for _, kind, each, _, _ in found if each in ids]
        return revocations


@pytest.fixture
async def store(authorization_tarantool: Tarantool) -> AsyncIterator[Store]:
    async with connected(authorization_tarantool) as connection:
        yield Store(connection)


async def test_disabled_user_has_no_sessions_and_gets_none(store: Store) -> None:
    user, sessions = await store.add_user(sessions=2)
    assert await store.users.change(user.administer(NOON, "by", is_enabled=False), ends_sessions=True)
    assert await store.find_sessions(user) == set()
    assert sorted(await store.find_revocations(*sessions)) == sorted(("session", each) for each in sessions)
    with pytest.raises(WrongCredentialsError):
        await store.sessions.open(user, BY_PASSWORD, RefreshToken.new(), ClientInfo())


async def test_changing_the_password_ends_the_other_sessions(store: Store) -> None:
    user, (kept, *others) = await store.add_user(sessions=3)
    assert await store.users.change(user.change_password(NOON, "hash"), ends_sessions=True, kept_session_id=kept)
    assert await store.find_sessions(user) == {kept}
    assert sorted(await store.find_revocations(kept, *others)) == sorted(("session", each) for each in others)


async def test_changed_profile_ends_no_session(store: Store) -> None:
    user, sessions = await store.add_user(sessions=1)
    assert await store.users.change(user.describe(NOON, first_name="Bella", profile_patch={}))
    assert await store.find_sessions(user) == set(sessions)
    assert await store.find_revocations(str(user.id), *sessions) == []


async def test_refused_change_ends_no_session(store: Store) -> None:
    user, sessions = await store.add_user(sessions=1)
    assert await store.users.change(user.describe(NOON, first_name="Bella", profile_patch={}))
    assert not await store.users.change(user.administer(NOON, "by", is_enabled=False), ends_sessions=True)
    assert not await store.users.remove(user)
    assert await store.find_sessions(user) == set(sessions)
    assert await store.find_revocations(*sessions) == []


async def test_deleted_user_has_no_sessions(store: Store) -> None:
    user, sessions = await store.add_user(sessions=2)
    assert await store.users.remove(user)
    assert await store.find_sessions(user) == set()
    assert sorted(await store.find_revocations(*sessions)) == sorted(("session", each) for each in sessions)


async def test_changing_grants_revokes_tokens_and_keeps_sessions(store: Store) -> None:
    user, sessions = await store.add_user(sessions=2)
    holder = user_holder(str(user.id))
    assert await store.grants.give(holder, READ, [])
    assert not await store.grants.give(holder, READ, [])
    assert await store.find_revocations(str(user.id)) == [("subject", str(user.id))]
    assert await store.grants.take(holder, READ, [])
    assert not await store.grants.take(holder, READ, [])
    assert await store.find_revocations(str(user.id)) == [("subject", str(user.id))] * 2
    assert await store.find_sessions(user) == set(sessions)


async def test_change_of_a_groups_grants_revokes_the_tokens_of_its_members(store: Store) -> None:
    member, _ = await store.add_user(sessions=1)
    idle, _ = await store.add_user(sessions=0)
    stranger, _ = await store.add_user(sessions=1)
    ids = [str(user.id) for user in (member, idle, stranger)]
    team = await store.add_group()
    changes: list[Callable[[], Awaitable[bool]]] = [
        lambda: store.groups.add_member(team.id, ids[0], []),
        lambda: store.groups.add_member(team.id, ids[1], []),
        lambda: store.grants.give(team, READ, []),
        lambda: store.grants.take(team, READ, []),
        lambda: store.groups.remove_member(team.id, ids[0], []),
        lambda: store.groups.add_member(team.id, ids[0], []),
        lambda: store.groups.remove(team.id, []),
    ]
    counts = []
    for change in changes:
        assert await change()
        revoked = await store.find_revocations(*ids)
        assert set(revoked) == {("subject", ids[0])}
        counts.append(len(revoked))
    assert counts == [1, 1, 2, 3, 4, 5, 6]
