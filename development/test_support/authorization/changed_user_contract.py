"""The contract of UserRepository for changes, deletions and lists."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.exceptions import LastAdministratorError
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.user_repository_contract import unused_name


async def keep(users: UserRepository, user: User) -> User:
    await users.add(user)
    kept = await users.find_by_id(str(user.id))
    assert kept is not None
    return kept


def promote(user: User) -> User:
    return user.administer(NOON, "by", role=Role.ADMINISTRATOR)


def demote(user: User) -> User:
    return user.administer(NOON, "by", role=Role.MEMBER)


def disable(user: User) -> User:
    return user.administer(NOON, "by", is_enabled=False)


class ChangedUserContract:
    """Inherit it as `Test…` and define the fixture `users`: a repository without any user, which no other test uses."""

    async def test_a_changed_user_is_found_as_it_is_now(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        changed = user.describe(NOON, first_name="Bella", profile_patch={"a": [1.0, {}]})
        assert await users.change(changed)
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert (found.first_name.value, found.profile.text, found.revision) == ("Bella", '{"a":[1.0,{}]}', user.revision + 1)
        assert await users.find_by_username(user.username.key) == found

    async def test_a_user_is_disabled_and_enabled_again(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        assert await users.change(disable(user), ends_sessions=True)
        disabled = await users.find_by_id(str(user.id))
        assert disabled is not None
        assert not disabled.is_enabled
        assert await users.change(disabled.administer(NOON, "by", is_enabled=True))
        enabled = await users.find_by_id(str(user.id))
        assert enabled is not None
        assert enabled.is_enabled

    async def test_stale_user_cannot_be_stored(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        assert await users.change(user.change_password(NOON, "first"))
        assert not await users.change(user.change_password(NOON, "second"))
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found.password_hash == "first"

    async def test_of_concurrent_changes_one_is_stored(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        changes = [user.change_password(NOON, f"hash {number}") for number in range(50)]
        outcomes = await asyncio.gather(*map(users.change, changes))
        assert sum(outcomes) == 1
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found.password_hash == f"hash {outcomes.index(True)}"

    async def test_deleted_user_cannot_be_changed_or_deleted(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        assert await users.remove(user)
        assert not await users.change(user.change_password(NOON, "hash"))
        assert not await users.remove(user)

    async def test_deleted_user_is_not_found_and_its_name_is_free(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        assert await users.remove(user.delete(NOON, "by"))
        assert await users.find_by_id(str(user.id)) is None
        await users.add(make_user(user.username.value))

    async def test_stale_user_is_not_deleted(self, users: UserRepository) -> None:
        user = await keep(users, make_user(unused_name()))
        assert await users.change(promote(user))
        assert not await users.remove(user)
        assert await users.find_by_id(str(user.id)) is not None

    async def test_last_administrator_remains(self, users: UserRepository) -> None:
        administrator = await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR))
        await keep(users, make_user(unused_name()))
        disabled = await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR, is_enabled=False))
        for change in (demote(administrator), disable(administrator)):
            with pytest.raises(LastAdministratorError):
                await users.change(change)
        with pytest.raises(LastAdministratorError):
            await users.remove(administrator)
        assert await users.find_by_id(str(administrator.id)) == administrator
        assert await users.change(administrator.change_password(NOON, "hash"))
        assert await users.change(demote(disabled))

    async def test_one_of_two_administrators_may_be_removed(self, users: UserRepository) -> None:
        first, second = [await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR)) for _ in range(2)]
        assert await users.remove(first)
        with pytest.raises(LastAdministratorError):
            await users.change(demote(second))

    async def test_concurrent_demotions_of_two_administrators_leave_one(self, users: UserRepository) -> None:
        both = [await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR)) for _ in range(2)]
        changes = [users.change((demote if number % 4 < 2 else disable)(both[number % 2])) for number in range(50)]
        outcomes = await asyncio.gather(*changes, return_exceptions=True)
        assert outcomes.count(True) == 1
        assert {type(outcome) for outcome in outcomes} == {bool, LastAdministratorError}
        left = [await users.find_by_id(str(user.id)) for user in both]
        assert sum(user is not None and user.is_administrator for user in left) == 1

    async def test_only_an_enabled_administrator_counts(self, users: UserRepository) -> None:
        await keep(users, make_user(unused_name()))
        await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR, is_enabled=False))
        assert not await users.has_administrator()
        await keep(users, make_user(unused_name(), role=Role.ADMINISTRATOR))
        assert await users.has_administrator()

    async def test_users_are_listed_by_name_in_pages(self, users: UserRepository) -> None:
        for name in ("Bella", "anna", "carla-1", "Anna-2", "dora"):
            await keep(users, make_user(name))
        assert names(await users.list("", "", 10)) == ["anna", "Anna-2", "Bella", "carla-1", "dora"]
        assert names(await users.list("", "", 2)) == ["anna", "Anna-2"]
        assert names(await users.list("", "anna-2", 2)) == ["Bella", "carla-1"]
        assert names(await users.list("", "dora", 2)) == []

    async def test_users_are_listed_by_prefix(self, users: UserRepository) -> None:
        for name in ("ann", "anna", "Anna-2", "bella"):
            await keep(users, make_user(name))
        assert names(await users.list("anna", "", 10)) == ["anna", "Anna-2"]
        assert names(await users.list("anna", "anna", 10)) == ["Anna-2"]
        assert names(await users.list("anna", "zoe", 10)) == []
        assert names(await users.list("c", "", 10)) == []

    async def test_listed_users_are_complete(self, users: UserRepository) -> None:
        user = await keep(users, make_user(uuid4().hex, role=Role.ADMINISTRATOR, profile='{"a":1}'))
        assert await users.list("", "", 10) == [user]


def names(users: Sequence[User]) -> list[str]:
    return [user.username.value for user in users]
