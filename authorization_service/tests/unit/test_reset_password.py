"""Giving a user a new password."""

import pytest

from authorization_service.application.user.reset_password import ResetPassword, ResetPasswordRequest
from authorization_service.domain.events.people import PasswordReset
from authorization_service.domain.exceptions import NoSuchUserError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fakes import NOON, RULES, InMemoryUserRepository, RecordingPasswordHasher, make_user

ANNA = make_user("Anna")
PASSWORD = "Battery-staple-8"


@pytest.fixture
def users() -> InMemoryUserRepository:
    return InMemoryUserRepository([ANNA])


@pytest.fixture
def hasher() -> RecordingPasswordHasher:
    return RecordingPasswordHasher()


@pytest.fixture
def reset(users: InMemoryUserRepository, hasher: RecordingPasswordHasher) -> ResetPassword:
    return ResetPassword(users, RULES, hasher, now=lambda: NOON)


async def test_a_reset_password_is_kept_and_told_and_ends_all_sessions(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, reset: ResetPassword
) -> None:
    await reset(ResetPasswordRequest("ANNA", PASSWORD))
    found = await users.find_by_username("anna")
    assert found is not None
    assert await hasher.verify(PASSWORD, found.password_hash)
    assert users.events == [PasswordReset(user_id=str(ANNA.id), occurred_at=NOON, by=None)]
    assert users.ended_sessions == [(str(ANNA.id), None)]


@pytest.mark.parametrize(("password", "rule"), [("Bat-8", "length"), ("Password-1", "common"), ("Joanna-staple-8", "username")])
async def test_a_weak_password_is_refused_and_nothing_hashed(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, reset: ResetPassword, password: str, rule: str
) -> None:
    with pytest.raises(RulesBrokenError) as refusal:
        await reset(ResetPasswordRequest("anna", password))
    assert [(violation.field, violation.rule) for violation in refusal.value.violations] == [("password", rule)]
    assert hasher.hashed == []
    assert users.events == []


async def test_for_a_name_that_nobody_has_nothing_is_hashed(hasher: RecordingPasswordHasher, reset: ResetPassword) -> None:
    with pytest.raises(NoSuchUserError):
        await reset(ResetPasswordRequest("bella", PASSWORD))
    assert hasher.hashed == []


def test_the_password_is_not_in_the_request_s_repr() -> None:
    assert PASSWORD not in repr(ResetPasswordRequest("anna", PASSWORD))
