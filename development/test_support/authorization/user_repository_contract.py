"""The contract of UserRepository, for the fake and for Tarantool."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import Role
from authorization_service.domain.exceptions import UsernameTakenError
from authorization_service.domain.value_objects.person_name import PersonName
from test_support.authorization.fakes import NOON, make_user


def unused_name() -> str:
    """Return a username that no other test has: all may share one store."""
    return f"User.{uuid4().hex}"


class UserRepositoryContract:
    """Inherit it as `Test…` and define the fixture `users`."""

    async def test_an_added_user_is_found_by_its_username_key(self, users: UserRepository) -> None:
        user = make_user(unused_name())
        await users.add(user)
        assert await users.find_by_username(user.username.key) == user

    async def test_an_added_user_is_found_by_its_id(self, users: UserRepository) -> None:
        user = make_user(unused_name())
        await users.add(user)
        assert await users.find_by_id(str(user.id)) == user

    async def test_unknown_username_key_finds_no_user(self, users: UserRepository) -> None:
        assert await users.find_by_username(unused_name().lower()) is None

    @pytest.mark.parametrize("username", ["", "анна", "a\x00b", "a" * 100_000])
    async def test_invalid_username_finds_no_user(self, users: UserRepository, username: str) -> None:
        assert await users.find_by_username(username) is None

    @pytest.mark.parametrize("user_id", ["", "not-an-id", "00000000-0000-0000-0000-000000000000", "анна"])
    async def test_unknown_id_finds_no_user(self, users: UserRepository, user_id: str) -> None:
        assert await users.find_by_id(user_id) is None

    async def test_prefix_of_a_name_finds_no_user(self, users: UserRepository) -> None:
        user = make_user(unused_name())
        await users.add(user)
        assert await users.find_by_username(user.username.key[:-1]) is None

    async def test_a_user_is_found_among_others(self, users: UserRepository) -> None:
        several = [make_user(unused_name()) for _ in range(5)]
        for user in several:
            await users.add(user)
        assert [await users.find_by_id(str(user.id)) for user in several] == several

    async def test_the_case_of_a_username_is_kept(self, users: UserRepository) -> None:
        user = make_user(unused_name().swapcase())
        await users.add(user)
        found = await users.find_by_username(user.username.key)
        assert found is not None
        assert found.username.value == user.username.value != user.username.key

    async def test_name_in_use_is_rejected_and_the_first_user_is_unchanged(self, users: UserRepository) -> None:
        first = make_user(unused_name())
        second = make_user(first.username.value, password_hash="another hash", first_name="Bella")
        await users.add(first)
        with pytest.raises(UsernameTakenError):
            await users.add(second)
        assert await users.find_by_username(first.username.key) == first
        assert await users.find_by_id(str(second.id)) is None

    async def test_name_in_use_in_another_case_is_rejected(self, users: UserRepository) -> None:
        first = make_user(unused_name())
        second = make_user(first.username.value.swapcase())
        await users.add(first)
        with pytest.raises(UsernameTakenError):
            await users.add(second)
        assert await users.find_by_id(str(second.id)) is None

    async def test_of_concurrent_registrations_of_a_name_one_succeeds(self, users: UserRepository) -> None:
        name = unused_name()
        candidates = [make_user(name) for _ in range(10)]
        outcomes = await asyncio.gather(*(users.add(candidate) for candidate in candidates), return_exceptions=True)
        assert [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, UsernameTakenError)] == []
        assert outcomes.count(None) == 1
        assert await users.find_by_username(name.lower()) == candidates[outcomes.index(None)]

    @pytest.mark.parametrize("role", list(Role))
    async def test_every_role_is_kept(self, users: UserRepository, role: Role) -> None:
        user = make_user(unused_name(), role=role)
        await users.add(user)
        assert await users.find_by_id(str(user.id)) == user

    async def test_user_without_a_last_name_is_kept(self, users: UserRepository) -> None:
        user = make_user(unused_name(), last_name=None)
        await users.add(user)
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found == user
        named = found.describe(NOON, last_name="P.", profile_patch={})
        assert await users.change(named)
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found.last_name == PersonName("P.")
        assert await users.change(found.describe(NOON, last_name=None, profile_patch={}))
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found.last_name is None

    @pytest.mark.parametrize(
        "name", ["伟", "Jr.", "a" * 64, "Анна-Мария", "O\u2019Neill", "李小龍", "नि" * 16, "\U00020000" * 32]
    )
    async def test_names_of_any_script_are_kept(self, users: UserRepository, name: str) -> None:
        user = make_user(unused_name(), first_name=name, last_name=name)
        await users.add(user)
        assert await users.find_by_id(str(user.id)) == user

    @pytest.mark.parametrize("length", [2, 64])
    async def test_usernames_of_minimum_and_maximum_length_are_stored(self, users: UserRepository, length: int) -> None:
        user = make_user((uuid4().hex * 2)[:length])
        await users.add(user)
        assert await users.find_by_username(user.username.key) == user

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC),
            datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ],
    )
    async def test_time_of_registration_is_stored_to_the_microsecond(self, users: UserRepository, moment: datetime) -> None:
        user = make_user(unused_name(), created_at=moment)
        await users.add(user)
        found = await users.find_by_id(str(user.id))
        assert found is not None
        assert found.created_at == moment
        assert found.created_at.tzinfo is not None
