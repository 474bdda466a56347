"""Events of users, groups, grants and clients are recorded with the change, or not at all."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest, TakeGrant
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.group.groups import CreateGroup, DeleteGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest, RemoveMember
from authorization_service.application.user.administer_user import AdministerUser, AdministerUserRequest
from authorization_service.application.user.change_profile import ChangeProfile, ChangeProfileRequest
from authorization_service.application.user.delete_user import DeleteUser, DeleteUserRequest
from authorization_service.domain.entities.user import Role
from authorization_service.domain.exceptions import GrantNotHeldError, LastAdministratorError
from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.kept_events import FOR_AGES, read_events
from test_support.connections import connected
from test_support.processes import Tarantool

BY = "0199a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path, **FOR_AGES) as server:
        yield server


@pytest.fixture
async def connection(server: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(server) as connection:
        yield connection


def read_told(server: Tarantool) -> list[tuple[str, str, Any]]:
    """Return type, user and data of all events, in order; all occurred at noon."""
    events = read_events(server)
    assert {event.occurred_at for event in events} <= {NOON}
    return [(event.type, event.user_id, event.data) for event in events]


async def test_changes_record_events_and_refused_changes_do_not(server: Tarantool, connection: TarantoolConnection) -> None:
    users, groups = TarantoolUserRepository(connection), TarantoolGroupRepository(connection)
    grants = TarantoolGrantRepository(connection)
    anna = make_user("Anna", role=Role.ADMINISTRATOR)
    user = str(anna.id)
    await users.add(anna)
    administer, take = AdministerUser(users, lambda: NOON), TakeGrant(users, grants, lambda: NOON)
    with pytest.raises(LastAdministratorError):
        await administer(AdministerUserRequest(BY, "anna", role=Role.MEMBER))
    await users.add(make_user("other", role=Role.ADMINISTRATOR))
    with pytest.raises(GrantNotHeldError):
        await take(GrantRequest(BY, HolderKind.USER, "anna", "read:a"))
    assert read_told(server) == []

    await ChangeProfile(users, lambda: NOON)(ChangeProfileRequest(Caller(user, frozenset()), profile_patch={"secret": 1}))
    await administer(AdministerUserRequest(BY, "anna", is_enabled=False, role=Role.MEMBER))
    await administer(AdministerUserRequest(BY, "anna", is_enabled=True))
    await CreateGroup(groups, lambda: NOON)(BY, "team")
    await CreateGroup(groups, lambda: NOON)(BY, "team")
    membership = MembershipRequest(BY, "team", "anna")
    await AddMember(users, groups, lambda: NOON)(membership)
    await AddMember(users, groups, lambda: NOON)(membership)
    await GiveGrant(users, grants, lambda: NOON)(GrantRequest(BY, HolderKind.GROUP, "team", "write:team-*"))
    await GiveGrant(users, grants, lambda: NOON)(GrantRequest(BY, HolderKind.USER, "anna", "read:a"))
    await take(GrantRequest(BY, HolderKind.USER, "anna", "read:a"))
    await RemoveMember(users, groups, lambda: NOON)(membership)
    await DeleteGroup(groups, lambda: NOON)(BY, "team")
    current = await users.find_by_id(user)
    assert current is not None
    assert await users.change(current.change_password(NOON, "a secret hash"))
    assert not await users.change(current.change_password(NOON, "another"))
    await DeleteUser(users, lambda: NOON)(DeleteUserRequest(BY, "anna"))
    assert read_told(server) == [
        ("ProfileChanged", user, {"fields": ["profile"]}),
        ("UserDisabled", user, {"by": BY}),
        ("RoleChanged", user, {"role": "member", "by": BY}),
        ("UserEnabled", user, {"by": BY}),
        ("GroupCreated", BY, {"group": "team", "by": BY}),
        ("MemberAdded", user, {"group": "team", "by": BY}),
        ("GrantGiven", BY, {"grant": "write:team-*", "group": "team", "by": BY}),
        ("GrantGiven", user, {"grant": "read:a", "group": None, "by": BY}),
        ("GrantTaken", user, {"grant": "read:a", "group": None, "by": BY}),
        ("MemberRemoved", user, {"group": "team", "by": BY}),
        ("GroupDeleted", BY, {"group": "team", "by": BY}),
        ("PasswordChanged", user, {}),
        ("UserDeleted", user, {"username": "Anna", "by": BY}),
    ]
