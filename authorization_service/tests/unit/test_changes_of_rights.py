"""Groups, memberships and grants: who is told of what, and what is refused."""

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
from test_support.authorization.fakes import NOON, InMemoryUserRepository, make_user

ANNA = make_user("Anna")
BY = "0199a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA])


@pytest.fixture
def groups(users: InMemoryUserRepository) -> InMemoryGroupRepository:
    return InMemoryGroupRepository(users)


@pytest.fixture
def grants(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> InMemoryGrantRepository:
    return InMemoryGrantRepository(users, groups)


async def test_a_group_that_exists_is_not_made_again(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    create = CreateGroup(groups, now=lambda: NOON)
    assert [await create(BY, "team"), await create(BY, "team")] == [True, False]
    assert users.events == [GroupCreated(user_id=BY, occurred_at=NOON, group="team", by=BY)]


async def test_a_group_is_removed_once(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    await CreateGroup(groups, now=lambda: NOON)(BY, "team")
    delete = DeleteGroup(groups, now=lambda: NOON)
    await delete(BY, "team")
    with pytest.raises(NoSuchGroupError):
        await delete(BY, "team")
    assert users.events[1:] == [GroupDeleted(user_id=BY, occurred_at=NOON, group="team", by=BY)]


async def test_memberships_are_told_once(users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
    await CreateGroup(groups, now=lambda: NOON)(BY, "team")
    add, remove = AddMember(users, groups, now=lambda: NOON), RemoveMember(users, groups, now=lambda: NOON)
    request = MembershipRequest(BY, "team", "ANNA")
    await add(request)
    await add(request)
    await remove(request)
    with pytest.raises(NotAMemberError):
        await remove(request)
    assert users.events[1:] == [
        MemberAdded(user_id=str(ANNA.id), occurred_at=NOON, group="team", by=BY),
        MemberRemoved(user_id=str(ANNA.id), occurred_at=NOON, group="team", by=BY),
    ]


async def test_grants_of_a_user_are_told_once(users: InMemoryUserRepository, grants: InMemoryGrantRepository) -> None:
    give, take = GiveGrant(users, grants, now=lambda: NOON), TakeGrant(users, grants, now=lambda: NOON)
    request = GrantRequest(BY, HolderKind.USER, "ANNA", "read:team-*")
    await give(request)
    await give(request)
    await take(request)
    with pytest.raises(GrantNotHeldError):
        await take(request)
    assert users.events == [
        GrantGiven(user_id=str(ANNA.id), occurred_at=NOON, grant="read:team-*", group=None, by=BY),
        GrantTaken(user_id=str(ANNA.id), occurred_at=NOON, grant="read:team-*", group=None, by=BY),
    ]


async def test_grants_of_a_group_are_told_of_the_group(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository
) -> None:
    await CreateGroup(groups, now=lambda: NOON)(BY, "team")
    request = GrantRequest(BY, HolderKind.GROUP, "team", "read:a")
    await GiveGrant(users, grants, now=lambda: NOON)(request)
    await TakeGrant(users, grants, now=lambda: NOON)(request)
    assert users.events[1:] == [
        GrantGiven(user_id=BY, occurred_at=NOON, grant="read:a", group="team", by=BY),
        GrantTaken(user_id=BY, occurred_at=NOON, grant="read:a", group="team", by=BY),
    ]


@pytest.mark.parametrize("name", ["Team", "", "a" * 65, "я", "-a"])
async def test_the_store_is_not_asked_for_what_no_group_can_be_called(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository, name: str
) -> None:
    users.is_available = False
    with pytest.raises(RulesBrokenError):
        await CreateGroup(groups, now=lambda: NOON)(BY, name)
    with pytest.raises(NoSuchGroupError):
        await DeleteGroup(groups, now=lambda: NOON)(BY, name)
    with pytest.raises(NoSuchGroupError):
        await ShowGroup(groups, grants)(name)
    with pytest.raises(NoSuchGroupError):
        await ShowGrantsOfGroup(groups, grants)(name)
    for change in (AddMember, RemoveMember):
        with pytest.raises(NoSuchGroupError):
            await change(users, groups, now=lambda: NOON)(MembershipRequest(BY, name, "anna"))
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(NoSuchGroupError):
            await give_or_take(users, grants, now=lambda: NOON)(GrantRequest(BY, HolderKind.GROUP, name, "read:a"))


@pytest.mark.parametrize("username", ["bella", "", "a" * 65, "я"])
async def test_who_does_not_exist_has_no_rights(
    users: InMemoryUserRepository, groups: InMemoryGroupRepository, grants: InMemoryGrantRepository, username: str
) -> None:
    with pytest.raises(NoSuchUserError):
        await ShowRights(users, grants)(username)
    for change in (AddMember, RemoveMember):
        with pytest.raises(NoSuchUserError):
            await change(users, groups, now=lambda: NOON)(MembershipRequest(BY, "team", username))
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(NoSuchUserError):
            await give_or_take(users, grants, now=lambda: NOON)(GrantRequest(BY, HolderKind.USER, username, "read:a"))


async def test_what_is_no_grant_is_neither_given_nor_taken(
    users: InMemoryUserRepository, grants: InMemoryGrantRepository
) -> None:
    for give_or_take in (GiveGrant, TakeGrant):
        with pytest.raises(RulesBrokenError):
            await give_or_take(users, grants, now=lambda: NOON)(GrantRequest(BY, HolderKind.USER, "anna", "read:a write:b"))
