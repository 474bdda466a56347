"""Verification of passwords within the limits on attempts."""

import asyncio

import pytest

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.domain.attempts import AttemptPolicy, find_network
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.sessions import LoginRefused, Refusal
from shared_kernel.application.availability import BusyError, TooManyAttemptsError
from test_support.authorization.fake_attempts import Clock, InMemoryAttemptRepository
from test_support.authorization.fakes import NOON, RecordingPasswordHasher, make_user

ANNA = make_user("anna", password_hash="hash of right")
DISABLED = make_user("anna", password_hash="hash of right", is_enabled=False)
HOME = "192.0.2.1"


class SlowHasher(RecordingPasswordHasher):
    """Lets all begin before any ends."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        verified = await super().verify(password, password_hash)
        await asyncio.sleep(0)
        return verified


@pytest.fixture
def verifier() -> RecordingPasswordHasher:
    return SlowHasher()


@pytest.fixture
def attempts() -> InMemoryAttemptRepository:
    return InMemoryAttemptRepository(AttemptPolicy(free=3), Clock())


@pytest.fixture
def check_password(verifier: RecordingPasswordHasher, attempts: InMemoryAttemptRepository) -> CheckPassword:
    return CheckPassword(verifier, attempts)


async def test_right_and_wrong_passwords_are_distinguished(check_password: CheckPassword) -> None:
    assert await check_password("anna", ANNA, HOME, "right")
    assert not await check_password("anna", ANNA, HOME, "wrong")
    assert not await check_password("nobody", None, HOME, "right")


@pytest.mark.parametrize("user", [ANNA, None])
async def test_of_fifty_concurrent_attempts_only_the_allowed_ones_are_hashed(
    check_password: CheckPassword, verifier: RecordingPasswordHasher, user: User | None
) -> None:
    results = await asyncio.gather(*(check_password("anna", user, HOME, "wrong") for _ in range(50)), return_exceptions=True)
    assert results.count(False) == 3
    assert len(verifier.verified) == 3
    assert sum(isinstance(result, TooManyAttemptsError) for result in results) == 47


async def test_right_password_is_refused_without_hashing_while_the_account_is_locked(
    check_password: CheckPassword, verifier: RecordingPasswordHasher
) -> None:
    for _ in range(3):
        await check_password("anna", ANNA, HOME, "wrong")
    with pytest.raises(TooManyAttemptsError):
        await check_password("ANNA", ANNA, HOME, "right")
    assert len(verifier.verified) == 3
    assert await check_password("anna", ANNA, "192.0.2.2", "right")


async def test_right_password_resets_earlier_failures(check_password: CheckPassword) -> None:
    for _ in range(5):
        await check_password("anna", ANNA, HOME, "wrong")
        await check_password("anna", ANNA, HOME, "wrong")
        assert await check_password("anna", ANNA, HOME, "right")


async def test_attempt_without_a_free_thread_is_not_counted(
    check_password: CheckPassword, verifier: RecordingPasswordHasher
) -> None:
    verifier.is_busy = True
    for _ in range(10):
        with pytest.raises(BusyError):
            await check_password("anna", ANNA, HOME, "right")
    verifier.is_busy = False
    assert await check_password("anna", ANNA, HOME, "right")


@pytest.mark.parametrize(
    ("user", "password", "user_id", "reason"),
    [
        (None, "right", None, Refusal.UNKNOWN_USER),
        (ANNA, "wrong", str(ANNA.id), Refusal.WRONG_PASSWORD),
        (DISABLED, "right", str(DISABLED.id), Refusal.USER_DISABLED),
    ],
    ids=["unknown user", "wrong password", "disabled user"],
)
async def test_event_of_a_refusal_has_the_reason_and_not_the_submitted_name(
    check_password: CheckPassword,
    attempts: InMemoryAttemptRepository,
    verifier: RecordingPasswordHasher,
    user: User | None,
    password: str,
    user_id: str | None,
    reason: Refusal,
) -> None:
    assert not await check_password("a-secret-in-the-wrong-field", user, "2001:db8::1", password)
    assert attempts.events == [LoginRefused(user_id=user_id, occurred_at=NOON, reason=reason, address="2001:db8::1")]
    assert len(verifier.verified) == 1


async def test_refused_attempts_have_one_event_and_busy_ones_none(
    check_password: CheckPassword, attempts: InMemoryAttemptRepository, verifier: RecordingPasswordHasher
) -> None:
    verifier.is_busy = True
    for _ in range(10):
        with pytest.raises(BusyError):
            await check_password("anna", ANNA, HOME, "right")
    assert attempts.events == []
    verifier.is_busy = False
    for _ in range(3):
        await check_password("anna", ANNA, HOME, "wrong")
    for _ in range(10):
        with pytest.raises(TooManyAttemptsError):
            await check_password("anna", ANNA, HOME, "right")
    reasons = [event.reason for event in attempts.events if isinstance(event, LoginRefused)]
    assert reasons == [Refusal.WRONG_PASSWORD] * 3 + [Refusal.TOO_MANY_ATTEMPTS]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_an_ipv6_address_counts_as_its_network_and_any_other_as_itself(address: str, network: str) -> None:
    assert find_network(address) == network
