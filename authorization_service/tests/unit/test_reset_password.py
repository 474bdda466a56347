"""Reset of a user's password."""

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


async def test_reset_password_is_stored_with_an_event_and_ends_all_sessions(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, reset: ResetPassword
) -> None:
    await reset(ResetPasswordRequest("ANNA", PASSWORD))
    found = await users.find_by_username("anna")
    assert found is not None
    assert await hasher.verify(PASSWORD, found.password_hash)
    assert users.events == [PasswordReset(user_id=str(ANNA.id), occurred_at=NOON, by=None)]
    assert users.ended_sessions == [(str(ANNA.id), None)]


@pytest.mark.parametrize(("password", "rule"), [("Bat-8", "length"), ("Password-1", "common"), ("Joanna-staple-8", "username")])
async def test_weak_password_is_rejected_and_nothing_is_hashed(
    users: InMemoryUserRepository, hasher: RecordingPasswordHasher, reset: ResetPassword, password: str, rule: str
) -> None:
    with pytest.raises(RulesBrokenError) as refusal:
        await reset(ResetPasswordRequest("anna", password))
    assert [(violation.field, violation.rule) for violation in refusal.value.violations] == [("password", rule)]
    assert hasher.hashed == []
    assert users.events == []


async def test_nothing_is_hashed_for_an_unknown_name(hasher: RecordingPasswordHasher, reset: ResetPassword) -> None:
    with pytest.raises(NoSuchUserError):
        await reset(ResetPasswordRequest("bella", PASSWORD))
    assert hasher.hashed == []


def test_representation_of_the_request_does_not_show_the_password() -> None:
    assert PASSWORD not in repr(ResetPasswordRequest("anna", PASSWORD))
