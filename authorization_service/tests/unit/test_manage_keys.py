"""The life cycle of a signing key: it waits, signs, retires and is deleted."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.key.ensure_key import EnsureSigningKey
from authorization_service.application.key.manage_keys import ListKeys, PruneKeys, RotateKeys
from authorization_service.domain.entities.signing_key import KeyState, RotationPolicy
from authorization_service.domain.events.keys import KeyRotated
from authorization_service.domain.exceptions import RotationUnderWayError
from test_support.authorization.fake_keys import InMemoryPrivateKeys, InMemorySigningKeyRepository
from test_support.authorization.fakes import NOON, REQUIRE_ADMINISTRATOR

PUBLICATION, LIFETIME, SKEW = timedelta(minutes=10), timedelta(minutes=15), timedelta(minutes=1)
LAST_TOKEN_GONE = PUBLICATION + LIFETIME + SKEW
MOMENT = timedelta(microseconds=1)


class Keys:
    """The use cases, with a clock under control."""

    def __init__(self) -> None:
        self.passed = timedelta(0)
        self.repository = InMemorySigningKeyRepository()
        self.private = InMemoryPrivateKeys(NOON)
        policy = RotationPolicy(PUBLICATION, LIFETIME)
        self.ensure = EnsureSigningKey(self.repository, self.private, policy, self.now)
        self.rotate = RotateKeys(REQUIRE_ADMINISTRATOR, self.repository, self.private, policy, self.now)
        self.list = ListKeys(REQUIRE_ADMINISTRATOR, self.repository, self.now)
        self.prune = PruneKeys(self.repository, self.private, self.now)

    def now(self) -> datetime:
        return NOON + self.passed

    async def states(self) -> dict[str, KeyState]:
        return {key.id: state for key, state in await self.list(OPERATOR)}


@pytest.fixture
async def keys() -> Keys:
    keys = Keys()
    await keys.ensure()
    return keys


async def test_the_first_key_signs_at_once(keys: Keys) -> None:
    assert await keys.states() == {"key-1": KeyState.SIGNING}


async def test_a_second_start_changes_nothing(keys: Keys) -> None:
    await keys.rotate(OPERATOR)
    before = await keys.list(OPERATOR)
    await keys.ensure()
    assert await keys.list(OPERATOR) == before


async def test_of_existing_keys_the_newest_signs_and_all_are_published() -> None:
    keys = Keys()
    keys.private.make()
    keys.private.make()
    await keys.ensure()
    assert await keys.states() == {"key-1": KeyState.RETIRED, "key-2": KeyState.SIGNING}
    keys.passed = LIFETIME + SKEW
    assert await keys.states() == {"key-1": KeyState.EXPIRED, "key-2": KeyState.SIGNING}


@pytest.mark.parametrize(
    ("passed", "first", "second"),
    [
        (timedelta(0), KeyState.SIGNING, KeyState.WAITING),
        (PUBLICATION - MOMENT, KeyState.SIGNING, KeyState.WAITING),
        (PUBLICATION, KeyState.RETIRED, KeyState.SIGNING),
        (LAST_TOKEN_GONE - MOMENT, KeyState.RETIRED, KeyState.SIGNING),
        (LAST_TOKEN_GONE, KeyState.EXPIRED, KeyState.SIGNING),
    ],
)
async def test_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_expired(
    keys: Keys, passed: timedelta, first: KeyState, second: KeyState
) -> None:
    await keys.rotate(OPERATOR)
    keys.passed = passed
    assert await keys.states() == {"key-1": first, "key-2": second}


async def test_rotation_has_an_event(keys: Keys) -> None:
    key = await keys.rotate(OPERATOR)
    assert keys.repository.events == [
        KeyRotated(
            user_id=None,
            occurred_at=NOON,
            key_id=key.id,
            signs_from="2026-01-02T12:10:00.123456+00:00",
            compromised=False,
            by=None,
        )
    ]


async def test_waiting_key_is_not_replaced_and_the_discarded_key_is_deleted(keys: Keys) -> None:
    await keys.rotate(OPERATOR)
    keys.passed = PUBLICATION - MOMENT
    with pytest.raises(RotationUnderWayError):
        await keys.rotate(OPERATOR)
    assert keys.private.made.keys() == {"key-1", "key-2"}
    keys.passed = PUBLICATION
    await keys.rotate(OPERATOR)
    assert await keys.states() == {"key-1": KeyState.RETIRED, "key-2": KeyState.SIGNING, "key-4": KeyState.WAITING}


async def test_of_fifty_concurrent_rotations_one_succeeds(keys: Keys) -> None:
    outcomes = await asyncio.gather(*(keys.rotate(OPERATOR) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(outcome, RotationUnderWayError) for outcome in outcomes) == 49
    assert len(keys.private.made) == len(await keys.list(OPERATOR)) == 2


async def test_compromised_key_no_longer_signs_and_is_withdrawn(keys: Keys) -> None:
    await keys.rotate(OPERATOR)
    await keys.rotate(OPERATOR, compromised=True)
    assert await keys.states() == {"key-1": KeyState.EXPIRED, "key-2": KeyState.EXPIRED, "key-3": KeyState.SIGNING}


@pytest.mark.parametrize("compromised", [False, True])
async def test_clock_that_is_set_back_leaves_a_key_to_sign_with(keys: Keys, compromised: bool) -> None:
    await keys.rotate(OPERATOR, compromised=compromised)
    keys.passed = -timedelta(hours=1)
    states = await keys.states()
    assert states["key-1"] is (KeyState.EXPIRED if compromised else KeyState.SIGNING)
    assert states["key-2"] is (KeyState.SIGNING if compromised else KeyState.WAITING)


async def prune(keys: Keys, passed: timedelta) -> Sequence[str]:
    keys.passed = passed
    return await keys.prune()


async def test_expired_key_is_deleted_with_its_private_half(keys: Keys) -> None:
    await keys.rotate(OPERATOR)
    assert await prune(keys, timedelta(hours=2)) == ["key-1"]
    assert await keys.states() == {"key-2": KeyState.SIGNING}
    assert keys.private.made.keys() == {"key-2"}


async def test_compromised_key_is_deleted_immediately(keys: Keys) -> None:
    await keys.rotate(OPERATOR, compromised=True)
    assert await prune(keys, MOMENT) == ["key-1"]
    assert keys.private.made.keys() == {"key-2"}


async def test_keys_in_use_are_not_deleted(keys: Keys) -> None:
    await keys.rotate(OPERATOR)
    assert await prune(keys, LAST_TOKEN_GONE - MOMENT) == []
    assert keys.private.made.keys() == {"key-1", "key-2"}


async def test_private_key_left_over_from_a_rotation_is_deleted_after_an_hour(keys: Keys) -> None:
    keys.private.make()
    assert await prune(keys, timedelta(hours=1)) == []
    assert await prune(keys, timedelta(hours=1) + MOMENT) == ["key-2"]
