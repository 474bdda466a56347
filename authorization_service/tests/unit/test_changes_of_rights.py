"""Use cases for groups, memberships and grants: events and refusals."""

import pytest

from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest, TakeGrant
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.grant.show_grants import ShowGrantsOfGroup, ShowRights
from authorization_service.application.group.groups import CreateGroup, DeleteGroup, ShowGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest, RemoveMember
from authorization_service.domain.events.people import (
    GrantGiven,
    GrantTaken,
    GroupCreated,
    GroupDeleted,
    MemberAdded,
    MemberRemoved,
)
from authorization_service.domain.exceptions import GrantNotHeldError, NoSuchGroupError, NoSuchUserError, NotAMemberError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fake_rights import InMemoryGrantRepository, InMemoryGroupRepository
from test_support.authorization.fakes import (
    ADMINISTRATOR,
    AS_ADMINISTRATOR,
    NOON,
    REQUIRE_ADMINISTRATOR,
    InMemoryUserRepository,
    make_user,
)

ANNA = make_user("Anna")
BY = str(ADMINISTRATOR.id)


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA])


@pytest.fixture
def groups(users: InMemoryUserRepository) -> InMemoryGroupRepository:
    return InMemoryGroupRepository(users)


@pytest.fixture
def grants(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> InMemoryGrantRepository:
    return InMemoryGrantRepository(users, groups)


async def test_existing_group_is_not_created_again(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    create = CreateGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)
    assert [await create(AS_ADMINISTRATOR, "team"), await create(AS_ADMINISTRATOR, "team")] == [True, False]
    assert users.events == [GroupCreated(user_id=BY, occurred_at=NOON, group="team", by=BY)]


async def test_group_is_deleted_once(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    await CreateGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)(AS_ADMINISTRATOR, "team")
    delete = DeleteGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)
    await delete(AS_ADMINISTRATOR, "team")
    with pytest.raises(NoSuchGroupError):
        await delete(AS_ADMINISTRATOR, "team")
    assert users.events[1:] == [GroupDeleted(user_id=BY, occurred_at=NOON, group="team", by=BY)]


async def test_membership_changes_have_one_event_each(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    await CreateGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)(AS_ADMINISTRATOR, "team")
    add, remove = (
        AddMember(REQUIRE_ADMINISTRATOR, users, groups, now=lambda: NOON),
        RemoveMember(REQUIRE_ADMINISTRATOR, users, groups, now=lambda: NOON),
    )
    request = MembershipRequest(AS_ADMINISTRATOR, "team", "ANNA")
    await add(request)
    await add(request)
    await remove(request)
    with pytest.raises(NotAMemberError):
        await remove(request)
    assert users.events[1:] == [
        MemberAdded(user_id=str(ANNA.id), occurred_at=NOON, group="team", by=BY),
        MemberRemoved(user_id=str(ANNA.id), occurred_at=NOON, group="team", by=BY),
    ]


async def test_changes_of_a_users_grants_have_one_event_each(
    users: InMemoryUserRepository, grants: InMemoryGrantRepository
) -> None:
    give, take = (
        GiveGrant(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON),
        TakeGrant(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON),
    )
    request = GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, "ANNA", "read:team-*")
    await give(request)
    await give(request)
    await take(request)
    with pytest.raises(GrantNotHeldError):
        await take(request)
    assert users.events == [
        GrantGiven(user_id=str(ANNA.id), occurred_at=NOON, grant="read:team-*", group=None, by=BY),
        GrantTaken(user_id=str(ANNA.id), occurred_at=NOON, grant="read:team-*", group=None, by=BY),
    ]


async def test_changes_of_a_groups_grants_have_events_of_the_group(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository
) -> None:
    await CreateGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)(AS_ADMINISTRATOR, "team")
    request = GrantRequest(AS_ADMINISTRATOR, HolderKind.GROUP, "team", "read:a")
    await GiveGrant(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON)(request)
    await TakeGrant(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON)(request)
    assert users.events[1:] == [
        GrantGiven(user_id=BY, occurred_at=NOON, grant="read:a", group="team", by=BY),
        GrantTaken(user_id=BY, occurred_at=NOON, grant="read:a", group="team", by=BY),
    ]


@pytest.mark.parametrize("name", ["Team", "", "a" * 65, "я", "-a"])
async def test_store_is_not_asked_for_invalid_group_names(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository, name: str
) -> None:
    users.is_available = False
    with pytest.raises(RulesBrokenError):
        await CreateGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)(AS_ADMINISTRATOR, name)
    with pytest.raises(NoSuchGroupError):
        await DeleteGroup(REQUIRE_ADMINISTRATOR, groups, now=lambda: NOON)(AS_ADMINISTRATOR, name)
    with pytest.raises(NoSuchGroupError):
        await ShowGroup(REQUIRE_ADMINISTRATOR, groups, grants)(AS_ADMINISTRATOR, name)
    with pytest.raises(NoSuchGroupError):
        await ShowGrantsOfGroup(REQUIRE_ADMINISTRATOR, groups, grants)(AS_ADMINISTRATOR, name)
    for change in (AddMember, RemoveMember):
        with pytest.raises(NoSuchGroupError):
            await change(REQUIRE_ADMINISTRATOR, users, groups, now=lambda: NOON)(
                MembershipRequest(AS_ADMINISTRATOR, name, "anna")
            )
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(NoSuchGroupError):
            await give_or_take(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON)(
                GrantRequest(AS_ADMINISTRATOR, HolderKind.GROUP, name, "read:a")
            )


@pytest.mark.parametrize("username", ["bella", "", "a" * 65, "я"])
async def test_unknown_user_has_no_rights(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository, username: str
) -> None:
    with pytest.raises(NoSuchUserError):
        await ShowRights(REQUIRE_ADMINISTRATOR, users, grants)(AS_ADMINISTRATOR, username)
    for change in (AddMember, RemoveMember):
        with pytest.raises(NoSuchUserError):
            await change(REQUIRE_ADMINISTRATOR, users, groups, now=lambda: NOON)(
                MembershipRequest(AS_ADMINISTRATOR, "team", username)
            )
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(NoSuchUserError):
            await give_or_take(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON)(
                GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, username, "read:a")
            )


async def test_malformed_grant_is_neither_given_nor_removed(
    users: InMemoryUserRepository, grants: InMemoryGrantRepository
) -> None:
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(RulesBrokenError):
            await give_or_take(REQUIRE_ADMINISTRATOR, users, grants, now=lambda: NOON)(
                GrantRequest(AS_ADMINISTRATOR, HolderKind.USER, "anna", "read:a write:b")
            )
