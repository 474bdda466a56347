"""The contract of PairRepository for operations on a single pair."""

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from key_value_service.application.pairs.pair_repository import Lifetime, PairRepository, Sum
from key_value_service.domain.exceptions import (
    NoSuchNamespaceError,
    NotANumberError,
    NumberOverflowError,
    RevisionConflictError,
)
from key_value_service.domain.value_objects.batch import ANY_REVISION, MAX_KEYS, Expectation, WriteBatch
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from test_support.key_value.pair_repository_contract import batch_of, describe, read, unused_key, write

INTEGERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-5, 5),
    st.sampled_from([-(2**63), 2**63 - 1, 2**63, 2**64 - 1, 2**53, -(2**53), 10**14, -(10**14)]).flatmap(
        lambda edge: st.integers(max(edge - 3, -(2**63)), min(edge + 3, 2**64 - 1))
    ),
)
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
DOUBLES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([-0.0, 0.0, 1e22, 1e23, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1e16]),
)
NUMBERS = st.one_of(INTEGERS, DOUBLES)


def add(left: float, right: float) -> float | None:
    """Return Python's sum of two numbers, or None if the store cannot represent it."""
    if isinstance(left, int) and not -(2**63) <= left < 2**64:
        return None
    total = left + right
    if isinstance(total, int):
        return total if -(2**63) <= total < 2**63 else None
    return total if math.isfinite(total) else None


def text_of(number: float) -> JsonText:
    return JsonText(json.dumps(number))


async def increment(pairs: PairRepository, key: str, by: str = "1", revision: int | None = None) -> Sum:
    return await pairs.increment(DEFAULT_NAMESPACE, key, JsonText(by), {} if revision is None else {key: revision})


class SinglePairContract:
    """Subclass it as `Test…` and define the fixture `pairs`."""

    async def test_pair_is_found(self, pairs: PairRepository) -> None:
        key = unused_key()
        assert await pairs.find(DEFAULT_NAMESPACE, key) is None
        revision = (await write(pairs, batch_of(**{key: "1"}))).revision
        assert await pairs.find(DEFAULT_NAMESPACE, key) == Pair(key, JsonText("1"), revision, revision, 1, None)

    async def test_value_is_replaced_if_the_revision_matches(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(3600)))
        seen = await describe(pairs, key)
        assert seen is not None
        revision = await pairs.replace(DEFAULT_NAMESPACE, key, JsonText("2"), seen.revision, {})
        assert revision == seen.revision + 1
        assert await describe(pairs, key) == seen._replace(value=JsonText("2"), revision=revision, version=2)
        for number in (seen.revision, 0, revision + 1):
            with pytest.raises(RevisionConflictError) as refused:
                await pairs.replace(DEFAULT_NAMESPACE, key, JsonText("3"), number, {})
            assert list(refused.value.conflicts) == [(key, revision)]
        assert await read(pairs, [key]) == {key: "2"}

    async def test_value_of_a_missing_pair_is_not_replaced(self, pairs: PairRepository) -> None:
        key = unused_key()
        with pytest.raises(RevisionConflictError) as refused:
            await pairs.replace(DEFAULT_NAMESPACE, key, JsonText("1"), 1, {})
        assert list(refused.value.conflicts) == [(key, 0)]

    async def test_time_to_live_is_set_extended_shortened_and_removed(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, batch_of(**{key: "1"}))).revision
        for seconds, is_change in ((3600, True), (7200, False), (1800, True), (1900, False), (None, True), (None, True)):
            revision += is_change
            lifetime = await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(seconds), {})
            assert lifetime is not None
            assert lifetime.revision == revision
            pair = await describe(pairs, key)
            assert pair is not None
            assert (pair.value, pair.revision, pair.expires_at) == ("1", revision, lifetime.expires_at)
            if seconds is None:
                assert pair.expires_at is None
            else:
                assert pair.expires_at is not None
                left = (pair.expires_at - datetime.now(UTC)).total_seconds()
                assert seconds - 5 < left <= seconds

    async def test_pair_expires_after_its_shortened_time_to_live(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(600)))
        await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(0.05), {})
        await asyncio.sleep(0.06)
        assert await pairs.find(DEFAULT_NAMESPACE, key) is None
        assert await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(600), {}) is None

    async def test_renewal_keeps_all_but_the_expiry(self, pairs: PairRepository) -> None:
        key, other = unused_key(), unused_key()
        await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(60)))
        await write(pairs, WriteBatch([(key, JsonText("2"))], TimeToLive(60)))
        before = await describe(pairs, key)
        assert before is not None
        assert before.expires_at is not None
        for seconds in range(61, 70):
            lifetime = await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(seconds), {key: before.revision})
            assert lifetime is not None
            assert lifetime.revision == before.revision
            assert lifetime.expires_at is not None
            assert lifetime.expires_at > before.expires_at
            before = before._replace(expires_at=lifetime.expires_at)
            assert await describe(pairs, key) == before
        assert (await write(pairs, batch_of(**{other: "1"}))).revision == before.revision + 1

    async def test_changes_keep_the_renewed_expiry(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(60)))).revision
        renewed = await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(600), {})
        assert await pairs.replace(DEFAULT_NAMESPACE, key, JsonText("2"), revision, {}) == revision + 1
        assert await increment(pairs, key) == Sum(revision + 2, JsonText("3"))
        pair = await describe(pairs, key)
        assert renewed is not None
        assert pair == Pair(key, JsonText("3"), revision + 2, revision, 3, renewed.expires_at)

    async def test_renewals_within_a_millisecond_are_no_changes(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(600)))).revision
        renewals = [pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(600), {}) for _ in range(200)]
        lifetimes = [lifetime for lifetime in await asyncio.gather(*renewals) if lifetime is not None]
        assert {lifetime.revision for lifetime in lifetimes} == {revision}
        expiries = [lifetime.expires_at for lifetime in lifetimes if lifetime.expires_at is not None]
        assert len(expiries) == 200
        pair = await describe(pairs, key)
        assert pair is not None
        assert (pair.revision, pair.version, pair.expires_at) == (revision, 1, max(expiries))

    async def test_renewed_pair_lives_on_and_expires_later(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(1)))).revision
        for _ in range(4):
            await asyncio.sleep(0.3)
            assert await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(1), {}) is not None
        assert await describe(pairs, key) is not None
        await asyncio.sleep(1.01)
        assert await pairs.find(DEFAULT_NAMESPACE, key) is None
        assert await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(600), {}) is None
        assert (await write(pairs, batch_of(**{key: "1"}))).revision > revision + 1

    async def test_write_of_the_same_value_with_a_longer_time_to_live_is_a_change(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(60)))).revision
        assert (await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(120)))).revision == revision + 1

    async def test_time_to_live_may_depend_on_the_revision(self, pairs: PairRepository) -> None:
        key, absent = unused_key(), unused_key()
        revision = (await write(pairs, batch_of(**{key: "1"}))).revision
        with pytest.raises(RevisionConflictError):
            await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(3600), {key: revision + 1})
        with pytest.raises(RevisionConflictError):
            await pairs.set_ttl(DEFAULT_NAMESPACE, absent, TimeToLive(3600), {absent: ANY_REVISION})
        lifetime = await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(None), {key: revision})
        assert lifetime == Lifetime(revision + 1, None)

    async def test_number_is_incremented(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, batch_of(**{key: "41"}))).revision
        assert await increment(pairs, key) == Sum(revision + 1, JsonText("42"))
        assert await increment(pairs, key, "-50") == Sum(revision + 2, JsonText("-8"))
        assert await read(pairs, [key]) == {key: "-8"}

    async def test_missing_pair_is_incremented_from_0(self, pairs: PairRepository) -> None:
        key = unused_key()
        total = await increment(pairs, key, "0.5")
        assert await describe(pairs, key) == Pair(key, JsonText("0.5"), total.revision, total.revision, 1, None)

    async def test_increment_keeps_the_expiry(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(3600)))
        before = await describe(pairs, key)
        await increment(pairs, key)
        after = await describe(pairs, key)
        assert before is not None
        assert after is not None
        assert after.expires_at == before.expires_at is not None
        assert (after.version, after.created_revision) == (2, before.created_revision)

    @pytest.mark.parametrize("text", ['"1"', "null", "true", "[1]", '{"a":1}', '""', '"-1"'])
    async def test_value_other_than_a_number_is_not_incremented(self, pairs: PairRepository, text: str) -> None:
        key = unused_key()
        revision = (await write(pairs, batch_of(**{key: text}))).revision
        with pytest.raises(NotANumberError):
            await increment(pairs, key)
        assert await read(pairs, [key]) == {key: text}
        assert (await write(pairs, batch_of(**{key: "1"}))).revision == revision + 1

    @pytest.mark.parametrize(
        ("value", "by"),
        [
            ("9223372036854775807", "1"), ("-9223372036854775808", "-1"), ("18446744073709551615", "1"),
            ("18446744073709551615", "-9223372036854775807"), ("9223372036854775808", "0"),
            ("18446744073709551615", "18446744073709551615"), ("1.7976931348623157e308", "1.7976931348623157e308"),
        ],
    )  # fmt: skip
    async def test_sum_beyond_64_bits_or_a_double_is_rejected(self, pairs: PairRepository, value: str, by: str) -> None:
        key = unused_key()
        await write(pairs, batch_of(**{key: value}))
        with pytest.raises(NumberOverflowError):
            await increment(pairs, key, by)
        assert await read(pairs, [key]) == {key: value}

    async def test_increment_may_depend_on_the_revision(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await increment(pairs, key, revision=0)).revision
        with pytest.raises(RevisionConflictError):
            await increment(pairs, key, revision=0)
        assert (await increment(pairs, key, revision=revision)).value == "2"

    @pytest.mark.parametrize(
        ("match", "none_match", "is_met"),
        [
            (None, None, True), ([], None, False), (["own"], None, True), ([7, "own"], None, True), ([7, 8], None, False),
            (ANY_REVISION, None, True), (None, [], True), (None, ["own"], False), (None, [7, "own"], False), (None, [7, 8], True),
            (None, ANY_REVISION, False), (ANY_REVISION, [7], True), (["own"], ["own"], False), (["own"], [7], True),
        ],
    )  # fmt: skip
    async def test_change_may_depend_on_several_revisions(
        self, pairs: PairRepository, match: list[int | str] | int | None, none_match: list[int | str] | int | None, is_met: bool
    ) -> None:
        key, absent = unused_key(), unused_key()
        revision = (await write(pairs, WriteBatch([(f"{key}-{number}", JsonText("1")) for number in range(9)]))).revision
        revision = (await increment(pairs, key)).revision
        match, none_match = (
            [revision if one == "own" else one for one in many] if isinstance(many, list) else many
            for many in (match, none_match)
        )
        expected = cast("Expectation", (match, none_match))
        for name, current, holds in ((key, revision, is_met), (absent, 0, match is None)):
            if holds:
                assert (await pairs.increment(DEFAULT_NAMESPACE, name, JsonText("1"), {name: expected})).revision > revision
            else:
                with pytest.raises(RevisionConflictError) as refused:
                    await pairs.increment(DEFAULT_NAMESPACE, name, JsonText("1"), {name: expected})
                assert list(refused.value.conflicts) == [(name, current)]

    @settings(max_examples=40, suppress_health_check=SHARED)
    @given(terms=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=100))
    async def test_sums_match_exact_arithmetic(self, pairs: PairRepository, terms: list[tuple[float, float]]) -> None:
        keys = [unused_key() for _ in terms]
        await write(pairs, WriteBatch([(key, text_of(value)) for key, (value, _) in zip(keys, terms, strict=True)]))
        outcomes = await asyncio.gather(
            *(increment(pairs, key, text_of(by)) for key, (_, by) in zip(keys, terms, strict=True)), return_exceptions=True
        )
        kept = await read(pairs, keys)
        for key, (value, by), outcome in zip(keys, terms, outcomes, strict=True):
            expected = add(value, by)
            if expected is None:
                assert isinstance(outcome, NumberOverflowError), (value, by)
                assert kept[key] == text_of(value)
                continue
            assert isinstance(outcome, Sum), (value, by, outcome)
            total = json.loads(outcome.value)
            assert (total, type(total)) == (expected, type(expected)), (value, by)
            assert math.copysign(1, total) == math.copysign(1, expected), (value, by)
            assert kept[key] == outcome.value

    async def test_fifty_concurrent_increments_add_up(self, pairs: PairRepository) -> None:
        key = unused_key()

        async def add_often() -> list[int]:
            return [int((await increment(pairs, key)).value) for _ in range(20)]

        sums = [total for totals in await asyncio.gather(*(add_often() for _ in range(50))) for total in totals]
        assert sorted(sums) == list(range(1, MAX_KEYS + 1))
        assert await read(pairs, [key]) == {key: "1000"}

    async def test_expired_pair_is_incremented_from_0(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, JsonText("5"))], TimeToLive(0.02)))
        await asyncio.sleep(timedelta(milliseconds=30).total_seconds())
        assert (await increment(pairs, key)).value == "1"
        pair = await describe(pairs, key)
        assert pair is not None
        assert pair.expires_at is None

    async def test_missing_namespace_of_a_single_pair_is_reported(self, pairs: PairRepository) -> None:
        for operation in (
            pairs.find("absent", "a"),
            pairs.replace("absent", "a", JsonText("1"), 1, {}),
            pairs.set_ttl("absent", "a", TimeToLive(1), {}),
            pairs.increment("absent", "a", JsonText("1"), {}),
        ):
            with pytest.raises(NoSuchNamespaceError):
                await operation
