"""The contract of SigningKeyRepository."""

import asyncio
from datetime import timedelta

from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.domain.entities.signing_key import SigningKey
from test_support.authorization.fakes import NOON

HOUR = timedelta(hours=1)
FIRST = SigningKey("first", '{"kid":"first"}', NOON, NOON)


def make_key(key_id: str, created_after: timedelta, *, signs_after: timedelta | None = None) -> SigningKey:
    signs_from = NOON + (created_after + HOUR if signs_after is None else signs_after)
    return SigningKey(key_id, f'{{"kid":"{key_id}"}}', NOON + created_after, signs_from)


class SigningKeyRepositoryContract:
    """Inherit it as `Test…` and define the fixture `keys`: a repository without keys."""

    async def test_adopted_keys_are_listed_unchanged(self, keys: SigningKeyRepository) -> None:
        old = SigningKey("old", "{}", NOON - HOUR, NOON - HOUR, NOON + HOUR)
        await keys.adopt([FIRST, old])
        assert await keys.list() == [old, FIRST]

    async def test_keys_are_adopted_once(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        await keys.adopt([make_key("late", HOUR)])
        assert await keys.list() == [FIRST]

    async def test_of_fifty_processes_that_start_concurrently_one_adopts_its_keys(self, keys: SigningKeyRepository) -> None:
        await asyncio.gather(*(keys.adopt([make_key(f"key-{number}", HOUR)]) for number in range(50)))
        assert len(await keys.list()) == 1

    async def test_new_key_limits_how_long_the_others_are_published(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        second = make_key("second", HOUR)
        assert await keys.rotate(second, NOON + 3 * HOUR, [], although_waiting=False)
        first, kept = await keys.list()
        assert first == SigningKey(FIRST.id, FIRST.public_jwk, NOON, NOON, NOON + 3 * HOUR)
        assert kept == second

    async def test_earlier_end_of_publication_is_kept(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        await keys.rotate(make_key("second", HOUR), NOON + 3 * HOUR, [], although_waiting=False)
        await keys.rotate(make_key("third", 4 * HOUR), NOON + 9 * HOUR, [], although_waiting=False)
        assert [key.published_until for key in await keys.list()] == [NOON + 3 * HOUR, NOON + 9 * HOUR, None]

    async def test_waiting_key_is_not_replaced(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        await keys.rotate(make_key("second", HOUR), NOON + 3 * HOUR, [], although_waiting=False)
        before = await keys.list()
        assert not await keys.rotate(make_key("third", HOUR), NOON + 9 * HOUR, [], although_waiting=False)
        assert await keys.list() == before

    async def test_waiting_key_is_replaced_if_requested(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        await keys.rotate(make_key("second", HOUR), NOON + 3 * HOUR, [], although_waiting=False)
        now = 90 * timedelta(minutes=1)
        assert await keys.rotate(make_key("third", now, signs_after=now), NOON + now, [], although_waiting=True)
        assert {key.id: key.published_until for key in await keys.list()} == {
            "first": NOON + now,
            "second": NOON + now,
            "third": None,
        }

    async def test_of_fifty_concurrent_rotations_one_succeeds(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        done = await asyncio.gather(
            *(keys.rotate(make_key(f"key-{number}", HOUR), NOON + 3 * HOUR, [], although_waiting=False) for number in range(50))
        )
        assert sum(done) == 1
        assert len(await keys.list()) == 2

    async def test_withdrawn_keys_are_deleted(self, keys: SigningKeyRepository) -> None:
        await keys.adopt([FIRST])
        second = make_key("second", HOUR)
        await keys.rotate(second, NOON + 3 * HOUR, [], although_waiting=False)
        assert await keys.prune(NOON + 3 * HOUR - timedelta(microseconds=1)) == []
        assert [key.id for key in await keys.prune(NOON + 3 * HOUR)] == ["first"]
        assert await keys.list() == [second]
        assert await keys.prune(NOON + 1000 * HOUR) == []
