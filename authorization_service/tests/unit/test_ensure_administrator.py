"""Creation of the first administrator."""

import stat
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from authorization_service.application.user.ensure_administrator import EnsureAdministrator
from authorization_service.application.user.register_user import RegisterUser
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.infrastructure.security.provided_secrets import read_or_make_password
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fakes import NOON, RULES, InMemoryUserRepository, RecordingPasswordHasher, make_user


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository()


@pytest.fixture
def hasher() -> RecordingPasswordHasher:
    return RecordingPasswordHasher()


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "administrator_password"


def make_use_case(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, password_file: Path, username: str = "Admin"
) -> EnsureAdministrator:
    register = RegisterUser(users, RULES, hasher, new_id=uuid4, now=lambda: NOON)
    return EnsureAdministrator(users, register, username, partial(read_or_make_password, password_file))


@pytest.fixture
def ensure_administrator(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, password_file: Path
) -> EnsureAdministrator:
    return make_use_case(users, hasher, password_file)


async def test_first_start_creates_an_administrator_with_a_password_in_a_private_file(
    ensure_administrator: EnsureAdministrator, users: InMemoryUserRepository, hasher: RecordingPasswordHasher, password_file: Path
) -> None:
    await ensure_administrator()
    administrator = await users.find_by_username("admin")
    assert administrator is not None
    assert administrator.role is Role.ADMINISTRATOR
    assert administrator.username.value == "Admin"
    assert hasher.hashed == [password_file.read_text().strip()]
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600


async def test_provided_password_is_used(
    ensure_administrator: EnsureAdministrator, hasher: RecordingPasswordHasher, password_file: Path
) -> None:
    password_file.parent.mkdir()
    password_file.write_text("Provided-by-hand-7\n")
    await ensure_administrator()
    assert hasher.hashed == ["Provided-by-hand-7"]
    assert password_file.read_text() == "Provided-by-hand-7\n"


async def test_a_second_start_changes_nothing(
    ensure_administrator: EnsureAdministrator, users: InMemoryUserRepository, hasher: RecordingPasswordHasher
) -> None:
    await ensure_administrator()
    first = await users.find_by_username("admin")
    await ensure_administrator()
    assert await users.find_by_username("admin") == first
    assert len(hasher.hashed) == 1


@pytest.mark.parametrize("username", ["admin", "ADMIN"])
async def test_existing_user_with_the_name_is_unchanged_and_no_password_is_created(
    hasher: RecordingPasswordHasher, password_file: Path, username: str
) -> None:
    member = make_user(username)
    users = InMemoryUserRepository([member])
    await make_use_case(users, hasher, password_file)()
    assert await users.find_by_username("admin") == member
    assert hasher.hashed == []
    assert not password_file.parent.exists()


async def test_deleted_administrator_is_not_created_again(hasher: RecordingPasswordHasher, password_file: Path) -> None:
    users = InMemoryUserRepository([make_user("another", role=Role.ADMINISTRATOR)])
    await make_use_case(users, hasher, password_file)()
    assert await users.find_by_username("admin") is None
    assert not password_file.parent.exists()


async def test_losing_the_race_to_another_process_is_no_error(hasher: RecordingPasswordHasher, password_file: Path) -> None:
    class ConcurrentlyFilledRepository(InMemoryUserRepository):
        async def add(self, user: User, grants: Iterable[Grant] = ()) -> None:
            await super().add(replace(user, first_name=PersonName("Faster")), grants)
            await super().add(user, grants)

    users = ConcurrentlyFilledRepository()
    await make_use_case(users, hasher, password_file)()
    administrator = await users.find_by_username("admin")
    assert administrator is not None
    assert administrator.first_name.value == "Faster"


@pytest.mark.parametrize("password", ["weak", "no-upper-case-7", "A1!" + "a" * 126])
async def test_a_provided_password_must_obey_the_rules(
    ensure_administrator: EnsureAdministrator, users: InMemoryUserRepository, password_file: Path, password: str
) -> None:
    password_file.parent.mkdir()
    password_file.write_text(password)
    with pytest.raises(RulesBrokenError) as raised:
        await ensure_administrator()
    assert password not in str(raised.value)
    assert len(users) == 0


async def test_empty_password_file_is_rejected_and_unchanged(
    ensure_administrator: EnsureAdministrator, users: InMemoryUserRepository, password_file: Path
) -> None:
    password_file.parent.mkdir()
    password_file.write_text(" \n")
    with pytest.raises(SecretUnusableError, match="empty"):
        await ensure_administrator()
    assert password_file.read_text() == " \n"
    assert len(users) == 0


async def test_no_password_is_created_while_the_store_is_unavailable(
    ensure_administrator: EnsureAdministrator, users: InMemoryUserRepository, password_file: Path
) -> None:
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await ensure_administrator()
    assert not password_file.exists()


def test_invalid_username_in_the_settings_is_rejected_immediately(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, password_file: Path
) -> None:
    with pytest.raises(RulesBrokenError):
        make_use_case(users, hasher, password_file, username="!")


def test_two_password_files_have_different_passwords_that_obey_the_rules(tmp_path: Path) -> None:
    passwords = {read_or_make_password(tmp_path / str(number)) for number in range(20)}
    assert len(passwords) == 20
    assert all(len(password) >= 24 for password in passwords)
