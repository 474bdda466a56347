"""The guard before passwords."""

import asyncio

import pytest
from authorization_service.tests.fake_attempts import Clock, InMemoryAttemptRepository
from authorization_service.tests.fakes import RecordingPasswordHasher

from authorization_service.application.auth.attempt_repository import AttemptPolicy, find_network
from authorization_service.application.auth.check_password import CheckPassword
from shared_kernel.application.availability import BusyError, TooManyAttemptsError

HASH = "hash of right"
HOME = "192.0.2.1"


class SlowHasher(RecordingPasswordHasher):
    """Lets everybody begin before anybody ends."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        verified = await super().verify(password, password_hash)
        await asyncio.sleep(0)
        return verified


@pytest.fixture
def verifier() -> RecordingPasswordHasher:
    return SlowHasher()


@pytest.fixture
def check_password(verifier: RecordingPasswordHasher) -> CheckPassword:
    return CheckPassword(verifier, InMemoryAttemptRepository(AttemptPolicy(free=3), Clock()))


async def test_right_and_wrong_are_told_apart(check_password: CheckPassword) -> None:
    assert await check_password("anna", HOME, "right", HASH)
    assert not await check_password("anna", HOME, "wrong", HASH)
    assert not await check_password("nobody", HOME, "right", None)


@pytest.mark.parametrize("password_hash", [HASH, None])
async def test_of_fifty_at_once_as_many_are_hashed_as_may_fail(
    check_password: CheckPassword, verifier: RecordingPasswordHasher, password_hash: str | None
) -> None:
    results = await asyncio.gather(
        *(check_password("anna", HOME, "wrong", password_hash) for _ in range(50)), return_exceptions=True
    )
    assert results.count(False) == 3
    assert len(verifier.verified) == 3
    assert sum(isinstance(result, TooManyAttemptsError) for result in results) == 47


async def test_the_right_password_is_refused_without_a_hash_while_the_account_is_locked(
    check_password: CheckPassword, verifier: RecordingPasswordHasher
) -> None:
    for _ in range(3):
        await check_password("anna", HOME, "wrong", HASH)
    with pytest.raises(TooManyAttemptsError):
        await check_password("ANNA", HOME, "right", HASH)
    assert len(verifier.verified) == 3
    assert await check_password("anna", "192.0.2.2", "right", HASH)


async def test_the_right_password_forgets_the_wrong_ones_before_it(check_password: CheckPassword) -> None:
    for _ in range(5):
        await check_password("anna", HOME, "wrong", HASH)
        await check_password("anna", HOME, "wrong", HASH)
        assert await check_password("anna", HOME, "right", HASH)


async def test_an_attempt_that_finds_no_free_thread_is_not_counted(
    check_password: CheckPassword, verifier: RecordingPasswordHasher
) -> None:
    verifier.is_busy = True
    for _ in range(10):
        with pytest.raises(BusyError):
            await check_password("anna", HOME, "right", HASH)
    verifier.is_busy = False
    assert await check_password("anna", HOME, "right", HASH)


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
