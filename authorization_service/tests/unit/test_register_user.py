"""Registration."""

from dataclasses import replace
from uuid import UUID

import pytest

from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.domain.entities.user import Role
from authorization_service.domain.exceptions import RegistrationClosedError, UsernameTakenError
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fakes import (
    GOOD_PASSWORD,
    NOON,
    RULES,
    InMemoryUserRepository,
    RecordingPasswordHasher,
    make_user,
)

NEW_ID = UUID("0199a1b2-0000-7000-8000-000000000001")
ANNA = RegisterUserRequest("Anna.P", GOOD_PASSWORD, "Anna", "Petrova")


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository()


@pytest.fixture
def hasher() -> RecordingPasswordHasher:
    return RecordingPasswordHasher()


@pytest.fixture
def register(users: InMemoryUserRepository, hasher: RecordingPasswordHasher) -> RegisterUser:
    return RegisterUser(users, RULES, hasher, new_id=lambda: NEW_ID, now=lambda: NOON)


async def test_registered_user_is_returned_and_stored(register: RegisterUser, users: InMemoryUserRepository) -> None:
    user = await register(ANNA)
    assert user == make_user("Anna.P", user_id=NEW_ID)
    assert await users.find_by_username("anna.p") == user


async def test_only_the_hash_of_the_password_is_stored(register: RegisterUser, hasher: RecordingPasswordHasher) -> None:
    user = await register(ANNA)
    assert hasher.hashed == [GOOD_PASSWORD]
    assert user.password_hash == f"hash of {GOOD_PASSWORD}"
    assert GOOD_PASSWORD not in repr(user)


async def test_a_password_is_hashed_in_composed_form(register: RegisterUser, hasher: RecordingPasswordHasher) -> None:
    await register(replace(ANNA, password="Cafe\u0301-horse-7"))
    assert hasher.hashed == ["Caf\u00e9-horse-7"]


async def test_new_user_has_the_grants_of_the_settings(users: InMemoryUserRepository, hasher: RecordingPasswordHasher) -> None:
    grants = [Grant.parse("read:default")]
    await RegisterUser(users, RULES, hasher, new_id=lambda: NEW_ID, now=lambda: NOON, grants=grants)(ANNA)
    assert users.grants == {Holder(HolderKind.USER, str(NEW_ID)): set(grants)}


async def test_registered_user_is_a_member(register: RegisterUser) -> None:
    assert (await register(ANNA)).role is Role.MEMBER


async def test_start_up_may_register_an_administrator(register: RegisterUser) -> None:
    assert (await register(replace(ANNA, role=Role.ADMINISTRATOR))).role is Role.ADMINISTRATOR


async def test_all_broken_rules_of_all_fields_are_reported_together(register: RegisterUser) -> None:
    with pytest.raises(RulesBrokenError) as raised:
        await register(RegisterUserRequest("?", "", "", ""))
    assert [(violation.field, violation.rule) for violation in raised.value.violations] == [
        ("username", "length"),
        ("username", "characters"),
        ("password", "length"),
        ("password", "lower_case"),
        ("password", "upper_case"),
        ("password", "digit"),
        ("password", "special"),
        ("first_name", "length"),
        ("first_name", "characters"),
        ("last_name", "length"),
        ("last_name", "characters"),
    ]


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("username", replace(ANNA, username="a")),
        ("password", replace(ANNA, password="weak")),
        ("password", replace(ANNA, password="Correct4horse\u0301")),
        ("password", replace(ANNA, password="Password-2024")),
        ("password", replace(ANNA, password="Correct-Anna.p-7")),
        ("first_name", replace(ANNA, first_name="")),
        ("last_name", replace(ANNA, last_name="B\n")),
    ],
)
async def test_nothing_is_hashed_or_stored_if_a_rule_is_broken(
    register: RegisterUser,
    users: InMemoryUserRepository,
    hasher: RecordingPasswordHasher,
    field: str,
    request_: RegisterUserRequest,
) -> None:
    with pytest.raises(RulesBrokenError) as raised:
        await register(request_)
    assert {violation.field for violation in raised.value.violations} == {field}
    assert hasher.hashed == []
    assert len(users) == 0


@pytest.mark.parametrize("username", ["Anna.P", "anna.p", "ANNA.P"])
async def test_name_in_use_is_rejected_in_any_case(register: RegisterUser, users: InMemoryUserRepository, username: str) -> None:
    first = await register(ANNA)
    with pytest.raises(UsernameTakenError):
        await register(replace(ANNA, username=username, first_name="Bella"))
    assert len(users) == 1
    assert await users.find_by_username("anna.p") == first


async def test_no_user_is_stored_while_too_many_passwords_wait(
    register: RegisterUser, users: InMemoryUserRepository, hasher: RecordingPasswordHasher
) -> None:
    hasher.is_busy = True
    with pytest.raises(BusyError):
        await register(ANNA)
    assert len(users) == 0


async def test_nobody_registers_oneself_while_registration_is_closed(
    register: RegisterUser, users: InMemoryUserRepository
) -> None:
    with pytest.raises(RegistrationClosedError):
        await RegisterOneself(register, is_open=False)(ANNA)
    assert await users.find_by_username("anna.p") is None
    assert (await RegisterOneself(register, is_open=True)(ANNA)).username.value == "Anna.P"


async def test_unavailable_store_is_reported(register: RegisterUser, users: InMemoryUserRepository) -> None:
    users.is_available = False
    with pytest.raises(StoreUnavailableError):
        await register(ANNA)


async def test_full_store_is_reported(register: RegisterUser, users: InMemoryUserRepository) -> None:
    users.is_full = True
    with pytest.raises(StoreFullError):
        await register(ANNA)
    assert len(users) == 0


def test_a_request_does_not_show_its_password() -> None:
    assert GOOD_PASSWORD not in repr(ANNA)
