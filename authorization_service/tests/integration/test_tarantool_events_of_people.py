"""Events of users and rights are stored with the change that they record, or not at all."""

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
from test_support.authorization.fakes import ADMINISTRATOR, AS_ADMINISTRATOR, NOON, REQUIRE_ADMINISTRATOR, make_user
from test_support.authorization.kept_events import FOR_AGES, read_events
from test_support.connections import connected
from test_support.processes import Tarantool

BY = str(ADMINISTRATOR.id)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path, **FOR_AGES) as server:
        yield server


@pytest.fixture
async def connection(server: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(server) as connection:
        yield connection


def read_recorded(server: Tarantool) -> list[tuple[str, str, Any]]:
    """Return type, user and data of all events, in order; all are of noon."""
    events = read_events(server)
    assert {event.occurred_at for event in events} <= {NOON}
    return [(event.type, event.user_id, event.data) for event in events]


async def test_every_change_has_an_event_and_a_refused_one_has_none(server: Tarantool, connection: TarantoolConnection) -> None:
    users, groups = TarantoolUserRepository(connection), TarantoolGroupRepository(connection)
    grants = TarantoolGrantRepository(connection)
    anna = make_user("Anna", role=Role.ADMINISTRATOR)
    user = str(anna.id)
    await users.add(anna)
    administer, take = (
        AdministerUser(REQUIRE_ADMINISTRATOR, users, lambda: NOON),
        TakeGrant(REQUIRE_ADMINISTRATOR, users, grants, lambda: NOON),
    )
    with pytest.raises(LastAdministratorError):
        await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", role=Role.MEMBER))
    await users.add(make_user("other", role=Role.ADMINISTRATOR))
    with pytest.raises(GrantNotHeldError):
        await take(GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, "anna", "read:a"))
    assert read_recorded(server) == []

    await ChangeProfile(users, lambda: NOON)(ChangeProfileRequest(Caller(user, frozenset()), profile_patch={"secret": 1}))
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=False, role=Role.MEMBER))
    await administer(AdministerUserRequest(AS_ADMINISTRATOR, "anna", is_enabled=True))
    await CreateGroup(REQUIRE_ADMINISTRATOR, groups, lambda: NOON)(AS_ADMINISTRATOR, "team")
    await CreateGroup(REQUIRE_ADMINISTRATOR, groups, lambda: NOON)(AS_ADMINISTRATOR, "team")
    membership = MembershipRequest(AS_ADMINISTRATOR, "team", "anna")
    await AddMember(REQUIRE_ADMINISTRATOR, users, groups, lambda: NOON)(membership)
    await AddMember(REQUIRE_ADMINISTRATOR, users, groups, lambda: NOON)(membership)
    await GiveGrant(REQUIRE_ADMINISTRATOR, users, grants, lambda: NOON)(
        GrantRequest(AS_ADMINISTRATOR, HolderKind.GROUP, "team", "write:team-*")
    )
    await GiveGrant(REQUIRE_ADMINISTRATOR, users, grants, lambda: NOON)(
        GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, "anna", "read:a")
    )
    await take(GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, "anna", "read:a"))
    await RemoveMember(REQUIRE_ADMINISTRATOR, users, groups, lambda: NOON)(membership)
    await DeleteGroup(REQUIRE_ADMINISTRATOR, groups, lambda: NOON)(AS_ADMINISTRATOR, "team")
    current = await users.find_by_id(user)
    assert current is not None
    assert await users.change(current.change_password(NOON, "a secret hash"))
    assert not await users.change(current.change_password(NOON, "another"))
    await DeleteUser(REQUIRE_ADMINISTRATOR, users, lambda: NOON)(DeleteUserRequest(AS_ADMINISTRATOR, "anna"))
    assert read_recorded(server) == [
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
