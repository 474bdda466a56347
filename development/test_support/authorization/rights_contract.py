"""The contract of GroupRepository and GrantRepository."""

import asyncio
from typing import NamedTuple

import pytest

from authorization_service.application.grant.grant_repository import GrantRepository, Holder, HolderKind
from authorization_service.application.group.group_repository import GroupRepository
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.group import MAX_GROUPS_OF_A_USER, MAX_MEMBERS, Group
from authorization_service.domain.exceptions import LimitReachedError, NoSuchGroupError, NoSuchUserError
from authorization_service.domain.value_objects.group_name import GroupName
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE, Rights
from shared_kernel.domain.grants import Grant
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.user_repository_contract import unused_name

READ, WRITE = Grant.parse("read:default"), Grant.parse("write:team-*")
NOBODY = "00000000-0000-0000-0000-000000000000"


class Repositories(NamedTuple):
    """Three repositories on one store, which no other test uses."""

    users: UserRepository
    groups: GroupRepository
    grants: GrantRepository

    async def add_user(self, *grants: Grant, username: str = "") -> str:
        """Return the id of a new user."""
        user = make_user(username or unused_name())
        await self.users.add(user, grants)
        return str(user.id)

    async def add_group(self, name: str, *grants: Grant) -> Holder:
        """Return a new group."""
        assert await self.groups.add(Group(GroupName(name), NOON), [])
        holder = Holder(HolderKind.GROUP, name)
        for grant in grants:
            assert await self.grants.give(holder, grant, [])
        return holder


def some_grants(count: int, prefix: str = "n") -> list[Grant]:
    return [Grant.parse(f"read:{prefix}{number}") for number in range(count)]


def long_grants(count: int) -> list[Grant]:
    """Return grants of 64 characters."""
    return [Grant.parse(f"write:{number:058d}") for number in range(count)]


def user_holder(user_id: str) -> Holder:
    return Holder(HolderKind.USER, user_id)


class RightsContract:
    """Inherit it as `Test…` and define the fixture `store`."""

    async def test_new_user_has_the_grants_it_was_added_with(self, store: Repositories) -> None:
        user = await store.add_user(WRITE, READ)
        assert await store.grants.find_rights(user) == Rights((READ, WRITE), {})
        assert await store.grants.find_rights(await store.add_user()) == Rights((), {})
        assert await store.grants.find_rights(NOBODY) == Rights((), {})

    async def test_group_is_created_once(self, store: Repositories) -> None:
        first = Group(GroupName("team"), NOON)
        outcomes = await asyncio.gather(*(store.groups.add(first, []) for _ in range(50)))
        assert sum(outcomes) == 1
        assert await store.groups.find("team") == first
        assert await store.groups.find("tea") is None

    async def test_groups_are_listed_by_name_in_pages(self, store: Repositories) -> None:
        for name in ("b", "a", "a-1"):
            await store.add_group(name)
        assert [group.name.value for group in await store.groups.list("", 10)] == ["a", "a-1", "b"]
        assert [group.name.value for group in await store.groups.list("a", 1)] == ["a-1"]
        assert await store.groups.list("b", 10) == []

    async def test_members_have_the_grants_of_their_groups(self, store: Repositories) -> None:
        user, other = await store.add_user(READ, username="Zoe"), await store.add_user(username="anna")
        team = await store.add_group("team", WRITE)
        assert await store.groups.add_member("team", user, [])
        assert await store.groups.add_member("team", other, [])
        assert not await store.groups.add_member("team", user, [])
        assert await store.groups.list_members("team") == ["Zoe", "anna"]
        assert await store.grants.find_rights(user) == Rights((READ,), {"team": (WRITE,)})
        assert await store.grants.take(team, WRITE, [])
        assert await store.grants.find_rights(other) == Rights((), {"team": ()})

    async def test_former_member_loses_the_groups_grants(self, store: Repositories) -> None:
        user = await store.add_user()
        await store.add_group("team", WRITE)
        await store.groups.add_member("team", user, [])
        assert await store.groups.remove_member("team", user, [])
        assert not await store.groups.remove_member("team", user, [])
        assert await store.grants.find_rights(user) == Rights((), {})
        assert await store.groups.list_members("team") == []

    async def test_deleted_group_leaves_nothing_behind(self, store: Repositories) -> None:
        user = await store.add_user(READ)
        await store.add_group("team", WRITE)
        await store.groups.add_member("team", user, [])
        assert await store.groups.remove("team", [])
        assert not await store.groups.remove("team", [])
        assert await store.grants.find_rights(user) == Rights((READ,), {})
        await store.add_group("team")
        assert await store.grants.find_of_group("team") == ()
        assert await store.groups.list_members("team") == []

    async def test_deleted_user_leaves_nothing_behind(self, store: Repositories) -> None:
        user_id = await store.add_user(READ)
        await store.add_group("team", WRITE)
        await store.groups.add_member("team", user_id, [])
        user = await store.users.find_by_id(user_id)
        assert user is not None
        assert await store.users.remove(user)
        assert await store.groups.list_members("team") == []
        await store.users.add(user)
        assert await store.grants.find_rights(user_id) == Rights((), {})

    async def test_grant_is_given_once_and_removed_once(self, store: Repositories) -> None:
        user, team = user_holder(await store.add_user()), await store.add_group("team")
        for holder in (user, team):
            outcomes = await asyncio.gather(*(store.grants.give(holder, READ, []) for _ in range(50)))
            assert sum(outcomes) == 1
        assert await store.grants.find_rights(user.id) == Rights((READ,), {})
        assert await store.grants.find_of_group("team") == (READ,)
        for holder in (user, team):
            outcomes = await asyncio.gather(*(store.grants.take(holder, READ, []) for _ in range(50)))
            assert sum(outcomes) == 1
        assert await store.grants.find_rights(user.id) == Rights((), {})
        assert await store.grants.find_of_group("team") == ()

    async def test_unknown_holder_holds_no_grants(self, store: Repositories) -> None:
        user = await store.add_user()
        await store.add_group("team")
        for change in (store.grants.give, store.grants.take):
            with pytest.raises(NoSuchUserError):
                await change(user_holder(NOBODY), READ, [])
            with pytest.raises(NoSuchGroupError):
                await change(Holder(HolderKind.GROUP, "nobody"), READ, [])
        with pytest.raises(NoSuchGroupError):
            await store.groups.add_member("nobody", user, [])
        with pytest.raises(NoSuchGroupError):
            await store.groups.remove_member("nobody", user, [])
        with pytest.raises(NoSuchUserError):
            await store.groups.add_member("team", NOBODY, [])
        assert not await store.groups.remove_member("team", NOBODY, [])

    async def test_user_holds_at_most_the_maximum_number_of_grants(self, store: Repositories) -> None:
        user = await store.add_user(*some_grants(MAX_GRANTS - 1))
        outcomes = await asyncio.gather(
            *(store.grants.give(user_holder(user), grant, []) for grant in some_grants(50, "more")), return_exceptions=True
        )
        assert outcomes.count(True) == 1
        assert sum(isinstance(outcome, LimitReachedError) for outcome in outcomes) == 49
        assert len((await store.grants.find_rights(user)).own) == MAX_GRANTS

    async def test_length_of_a_users_grants_is_limited(self, store: Repositories) -> None:
        fitting = (MAX_SCOPE + 1) // 65
        *first, last, excess = long_grants(fitting + 1)
        user = await store.add_user(*first)
        assert await store.grants.give(user_holder(user), last, [])
        with pytest.raises(LimitReachedError):
            await store.grants.give(user_holder(user), excess, [])

    async def test_group_is_given_no_grant_that_exceeds_a_members_limit(self, store: Repositories) -> None:
        full, empty = await store.add_user(*some_grants(MAX_GRANTS)), await store.add_user()
        team = await store.add_group("team", some_grants(1)[0])
        for user in (empty, full):
            assert await store.groups.add_member("team", user, [])
        with pytest.raises(LimitReachedError):
            await store.grants.give(team, WRITE, [])
        assert await store.grants.find_of_group("team") == tuple(some_grants(1))
        assert await store.grants.give(team, some_grants(2)[1], [])

    async def test_user_cannot_join_a_group_whose_grants_exceed_its_limit(self, store: Repositories) -> None:
        full, empty = await store.add_user(*some_grants(MAX_GRANTS - 1)), await store.add_user()
        await store.add_group("team", *some_grants(2, "more"))
        with pytest.raises(LimitReachedError):
            await store.groups.add_member("team", full, [])
        assert await store.groups.add_member("team", empty, [])
        assert await store.groups.list_members("team") != []
        assert (await store.grants.find_rights(full)).by_group == {}

    async def test_a_grant_of_several_sources_counts_once(self, store: Repositories) -> None:
        user = await store.add_user(*some_grants(MAX_GRANTS))
        await store.add_group("team", *some_grants(MAX_GRANTS))
        assert await store.groups.add_member("team", user, [])

    async def test_a_group_without_members_holds_no_more_than_a_user(self, store: Repositories) -> None:
        team = await store.add_group("team", *some_grants(MAX_GRANTS))
        with pytest.raises(LimitReachedError):
            await store.grants.give(team, WRITE, [])

    async def test_group_has_at_most_the_maximum_number_of_members(self, store: Repositories) -> None:
        await store.add_group("team")
        for _ in range(MAX_MEMBERS):
            assert await store.groups.add_member("team", await store.add_user(), [])
        with pytest.raises(LimitReachedError):
            await store.groups.add_member("team", await store.add_user(), [])

    async def test_user_is_in_at_most_the_maximum_number_of_groups(self, store: Repositories) -> None:
        user = await store.add_user()
        for number in range(MAX_GROUPS_OF_A_USER + 1):
            await store.add_group(f"team-{number}")
        for number in range(MAX_GROUPS_OF_A_USER):
            assert await store.groups.add_member(f"team-{number}", user, [])
        with pytest.raises(LimitReachedError):
            await store.groups.add_member(f"team-{MAX_GROUPS_OF_A_USER}", user, [])
