"""The contract of PairRepository, for the implementations in memory and in Tarantool."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from key_value_service.application.pairs.pair_repository import Deleted, PairRepository, Written
from key_value_service.domain.exceptions import NoSuchNamespaceError, RevisionConflictError
from key_value_service.domain.value_objects.batch import (
    ANY_REVISION,
    MAX_ANSWER_BYTES,
    MAX_KEYS,
    AnswerTooLargeError,
    KeyBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import MAX_BYTES, JsonText, Value

MAX_VALUE = JsonText('"' + "x" * (MAX_BYTES - 2) + '"')


def unused_key() -> str:
    """Return a key that no other test uses: tests may share one store."""
    return uuid4().hex


def batch_of(**pairs: str) -> WriteBatch:
    """Return a batch of these keys and texts."""
    return WriteBatch([(key, JsonText(text)) for key, text in pairs.items()])


async def write(pairs: PairRepository, batch: WriteBatch) -> Written:
    return await pairs.write(DEFAULT_NAMESPACE, batch)


async def read(pairs: PairRepository, keys: Sequence[str]) -> Mapping[str, Value]:
    """Return the values of pairs that exist."""
    values = (await pairs.read(DEFAULT_NAMESPACE, KeyBatch(keys))).values
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


async def describe(pairs: PairRepository, key: str) -> Pair | None:
    return (await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch([key]))).pairs.get(key)


async def delete(pairs: PairRepository, keys: Sequence[str], **expected: int) -> Deleted:
    return await pairs.delete(DEFAULT_NAMESPACE, KeyBatch(keys), expected)


class PairRepositoryContract:
    """Subclass it as `Test…` and define the fixture `pairs`."""

    async def test_written_pair_is_read(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, batch_of(**{key: '"hello"'}))
        assert await read(pairs, [key]) == {key: '"hello"'}

    async def test_stale_reads_know_their_age_and_revision(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, batch_of(**{key: "1"}))
        of_values, of_pairs, of_one = StaleRead(5.0), StaleRead(5.0), StaleRead(5.0)
        found = await pairs.read(DEFAULT_NAMESPACE, KeyBatch([key]), of_values)
        described = await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch([key]), of_pairs)
        pair = await pairs.find(DEFAULT_NAMESPACE, key, of_one)
        assert found.values == ["1"]
        assert (described.pairs[key], of_one.revision) == (pair, of_pairs.revision)
        assert [stale.age_seconds for stale in (of_values, of_pairs, of_one)] == [0, 0, 0]
        assert (of_values.revision, of_pairs.revision) == (found.revision, described.revision)

    async def test_written_pairs_are_read_together(self, pairs: PairRepository) -> None:
        written = {unused_key(): str(number) for number in range(5)}
        await write(pairs, batch_of(**written))
        assert await read(pairs, list(written)) == written

    async def test_keys_never_written_are_omitted(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, batch_of(**{key: "1"}))
        assert await read(pairs, [unused_key(), key, unused_key()]) == {key: "1"}

    @pytest.mark.parametrize("count", [1, 2, MAX_KEYS])
    async def test_nothing_is_found_where_nothing_was_written(self, pairs: PairRepository, count: int) -> None:
        assert await read(pairs, [unused_key() for _ in range(count)]) == {}

    async def test_only_requested_keys_are_read(self, pairs: PairRepository) -> None:
        asked, other = unused_key(), unused_key()
        await write(pairs, batch_of(**{asked: "1", other: "2"}))
        assert await read(pairs, [asked]) == {asked: "1"}

    async def test_later_write_replaces_an_earlier_one(self, pairs: PairRepository) -> None:
        replaced, kept, new = unused_key(), unused_key(), unused_key()
        await write(pairs, batch_of(**{replaced: '{"a":1}', kept: "1"}))
        await write(pairs, batch_of(**{replaced: "[]", new: "2"}))
        assert await read(pairs, [replaced, kept, new]) == {replaced: "[]", kept: "1", new: "2"}

    @pytest.mark.parametrize(
        "text",
        [
            "null", "true", "false", '""', "{}", "[]", "0", "-0.0", "1", "1.0", "1e+308", "5e-324", "0.1", "18446744073709551615",
            "-9223372036854775808", "[1,1.0,{},[],null]", '{"b":1,"a":2}', '"\\u0000\\n\\"\\\\"', '"é"', '"e\u0301"',
            '"🔑"', '"\u2028"',
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("count", [1, 2])
    async def test_text_is_returned_exactly_as_written(self, pairs: PairRepository, text: str, count: int) -> None:
        written = {unused_key(): text for _ in range(count)}
        await write(pairs, batch_of(**written))
        assert await read(pairs, list(written)) == written

    @pytest.mark.parametrize(
        "key", ["a", " ", "a ", "é" * 256, "🔑" * 128, "k" * 512, '"', "\\", "a.b/c?d=1", "__proto__", "ключ"]
    )
    async def test_key_of_any_characters_finds_its_pair(self, pairs: PairRepository, key: str) -> None:
        text = f'"{uuid4().hex}"'
        await write(pairs, batch_of(**{key: text}))
        assert await read(pairs, [key]) == {key: text}
        assert await read(pairs, [key, unused_key()]) == {key: text}

    async def test_keys_that_look_alike_are_different(self, pairs: PairRepository) -> None:
        alike = ["\u00e9", "e\u0301", "\u00c9", "e", "E", "e ", " e", "\uff45", "1", "1.0", "01"]
        start = unused_key()
        written = {start + key: str(number) for number, key in enumerate(alike)}
        await write(pairs, batch_of(**written))
        assert await read(pairs, list(written)) == written

    async def test_batch_of_maximum_size_is_written_and_read(self, pairs: PairRepository) -> None:
        written = {unused_key(): str(number) for number in range(MAX_KEYS)}
        await write(pairs, batch_of(**written))
        assert await read(pairs, list(written)) == written

    async def test_value_of_maximum_size_is_stored(self, pairs: PairRepository) -> None:
        first, second = unused_key(), unused_key()
        await write(pairs, batch_of(**{first: MAX_VALUE, second: "1"}))
        assert await read(pairs, [first]) == {first: MAX_VALUE}
        assert await read(pairs, [first, second]) == {first: MAX_VALUE, second: "1"}

    async def test_texts_of_all_lengths_are_read_in_one_batch(self, pairs: PairRepository) -> None:
        around_powers_of_two = [
            length + more for length in (32, 256, 2**14, 2**16) for more in range(-60, 3) if length + more > 1
        ]
        written = {unused_key(): f'"{"x" * (length - 2)}"' for length in around_powers_of_two}
        await write(pairs, batch_of(**written))
        assert await read(pairs, [unused_key(), *written]) == written

    async def test_too_large_read_is_rejected(self, pairs: PairRepository) -> None:
        keys = [unused_key() for _ in range(MAX_ANSWER_BYTES // MAX_BYTES + 1)]
        for key in keys:
            await write(pairs, batch_of(**{key: MAX_VALUE}))
        with pytest.raises(AnswerTooLargeError):
            await read(pairs, keys)
        fewer = keys[:-2]
        assert await read(pairs, fewer) == dict.fromkeys(fewer, MAX_VALUE)

    async def test_batch_is_read_atomically(self, pairs: PairRepository) -> None:
        keys = [unused_key() for _ in range(50)]

        async def write_often() -> None:
            for number in range(20):
                await write(pairs, batch_of(**dict.fromkeys(keys, str(number))))

        async def read_often() -> list[int]:
            return [len(set((await read(pairs, keys)).values())) for _ in range(20)]

        await write(pairs, batch_of(**dict.fromkeys(keys, "0")))
        outcomes = await asyncio.gather(write_often(), read_often(), write_often(), read_often())
        assert outcomes[1] == outcomes[3] == [1] * 20

    async def test_every_change_has_the_next_revision(self, pairs: PairRepository) -> None:
        first, second = unused_key(), unused_key()
        written = await write(pairs, batch_of(**{first: "1", second: "2"}))
        assert (await describe(pairs, second)) == Pair(second, JsonText("2"), written.revision, written.revision, 1, None)
        again = await write(pairs, batch_of(**{first: "3"}))
        assert again.revision == written.revision + 1
        assert (await describe(pairs, first)) == Pair(first, JsonText("3"), again.revision, written.revision - 1, 2, None)
        assert (await delete(pairs, [first])).revision == again.revision + 1

    async def test_read_returns_the_revision_it_is_as_of(self, pairs: PairRepository) -> None:
        key = unused_key()
        written = await write(pairs, batch_of(**{key: "1"}))
        assert (await pairs.read(DEFAULT_NAMESPACE, KeyBatch([key]))).revision == written.revision
        assert (await pairs.read_pairs(DEFAULT_NAMESPACE, KeyBatch([unused_key()]))).revision == written.revision

    async def test_new_pairs_are_counted(self, pairs: PairRepository) -> None:
        first, second = unused_key(), unused_key()
        assert (await write(pairs, batch_of(**{first: "1"}))).created == 1
        assert (await write(pairs, batch_of(**{first: "1", second: "1"}))).created == 1

    async def test_if_absent_leaves_existing_pairs_unchanged(self, pairs: PairRepository) -> None:
        old, new = unused_key(), unused_key()
        before = await write(pairs, batch_of(**{old: "1"}))
        written = await write(pairs, WriteBatch([(old, JsonText("2")), (new, JsonText("2"))], if_absent=True))
        assert written == Written(before.revision + 1, [old], 1)
        assert await read(pairs, [old, new]) == {old: "1", new: "2"}
        assert await write(pairs, WriteBatch([(old, JsonText("3"))], if_absent=True)) == Written(written.revision, [old], 0)

    async def test_nothing_is_written_if_a_revision_does_not_match(self, pairs: PairRepository) -> None:
        first, second, absent = unused_key(), unused_key(), unused_key()
        revision = (await write(pairs, batch_of(**{first: "1", second: "1"}))).revision
        expected = {first: revision - 1, second: revision - 1, absent: 5}
        with pytest.raises(RevisionConflictError) as refused:
            await write(pairs, WriteBatch([(first, JsonText("2"))], expected=expected))
        assert sorted(refused.value.conflicts) == sorted([(second, revision), (absent, 0)])
        assert await read(pairs, [first, second]) == {first: "1", second: "1"}
        assert (await write(pairs, batch_of(**{first: "3"}))).revision == revision + 1

    async def test_write_may_depend_on_revisions(self, pairs: PairRepository) -> None:
        first, other, absent = unused_key(), unused_key(), unused_key()
        revision = (await write(pairs, batch_of(**{first: "1", other: "1"}))).revision
        expected = {first: revision - 1, other: ANY_REVISION, absent: 0}
        await write(pairs, WriteBatch([(first, JsonText("2"))], expected=expected))
        assert await read(pairs, [first]) == {first: "2"}
        with pytest.raises(RevisionConflictError):
            await write(pairs, WriteBatch([(first, JsonText("3"))], expected={absent: ANY_REVISION}))

    async def test_one_of_fifty_concurrent_compare_and_sets_succeeds(self, pairs: PairRepository) -> None:
        key = unused_key()
        revision = (await write(pairs, batch_of(**{key: "0"}))).revision
        outcomes = await asyncio.gather(
            *(write(pairs, WriteBatch([(key, JsonText(str(number)))], expected={key: revision})) for number in range(50)),
            return_exceptions=True,
        )
        (winner,) = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Written)]
        assert await read(pairs, [key]) == {key: str(winner)}

    async def test_pairs_are_deleted_and_missing_keys_reported(self, pairs: PairRepository) -> None:
        key, other, absent = unused_key(), unused_key(), unused_key()
        written = await write(pairs, batch_of(**{key: "1", other: "1"}))
        assert await delete(pairs, [absent, key]) == Deleted(written.revision + 1, [absent])
        assert await read(pairs, [key, other]) == {other: "1"}
        assert await delete(pairs, [key, absent]) == Deleted(written.revision + 1, [key, absent])

    async def test_values_of_deleted_pairs_are_returned_if_requested(self, pairs: PairRepository) -> None:
        key, long, absent = unused_key(), unused_key(), unused_key()
        written = await write(pairs, batch_of(**{key: "1.0", long: f'"{"x" * 20_000}"'}))
        deleted = await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([absent, long, key]), {}, returns_previous=True)
        values = {long: JsonText(f'"{"x" * 20_000}"'), key: JsonText("1.0")}
        assert deleted == Deleted(written.revision + 2, [absent], values)
        assert await read(pairs, [key, long]) == {}

    async def test_nothing_is_deleted_if_what_is_to_be_returned_is_too_large(self, pairs: PairRepository) -> None:
        keys = [unused_key() for _ in range(33)]
        for key in keys:
            await write(pairs, batch_of(**{key: f'"{"x" * (2**20 - 2)}"'}))
        with pytest.raises(AnswerTooLargeError):
            await pairs.delete(DEFAULT_NAMESPACE, KeyBatch(keys), {}, returns_previous=True)
        assert (await pairs.delete(DEFAULT_NAMESPACE, KeyBatch(keys), {})).missing == []

    async def test_nothing_is_deleted_if_a_revision_does_not_match(self, pairs: PairRepository) -> None:
        first, second = unused_key(), unused_key()
        revision = (await write(pairs, batch_of(**{first: "1", second: "1"}))).revision
        with pytest.raises(RevisionConflictError) as refused:
            await delete(pairs, [first, second], **{first: revision})
        assert list(refused.value.conflicts) == [(first, revision - 1)]
        assert len(await read(pairs, [first, second])) == 2
        assert (await delete(pairs, [first], **{first: revision - 1})).missing == []

    async def test_pair_written_after_deletion_has_new_metadata(self, pairs: PairRepository) -> None:
        key = unused_key()
        await write(pairs, batch_of(**{key: "1"}))
        await delete(pairs, [key])
        revision = (await write(pairs, batch_of(**{key: "2"}))).revision
        assert await describe(pairs, key) == Pair(key, JsonText("2"), revision, revision, 1, None)

    async def test_expired_pair_does_not_exist(self, pairs: PairRepository) -> None:
        key, other = unused_key(), unused_key()
        before = datetime.now(UTC)
        written = await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(0.4)))
        await write(pairs, WriteBatch([(other, JsonText("1"))], TimeToLive(3600)))
        pair = await describe(pairs, key)
        assert pair is not None
        assert pair.expires_at is not None
        assert timedelta(seconds=0.39) < pair.expires_at - before < timedelta(seconds=5)
        await asyncio.sleep((pair.expires_at - datetime.now(UTC)).total_seconds())
        assert await read(pairs, [key, other]) == {other: "1"}
        assert (await write(pairs, WriteBatch([(key, JsonText("2"))], if_absent=True))).created == 1
        pair = await describe(pairs, key)
        assert pair is not None
        assert pair.version == 1
        assert pair.created_revision > written.revision + 1, "the expiry is a change as well"

    @pytest.mark.parametrize("ttl", [None, TimeToLive(None)])
    async def test_pair_written_without_time_to_live_never_expires(self, pairs: PairRepository, ttl: TimeToLive | None) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, JsonText("1"))], TimeToLive(3600)))
        await write(pairs, WriteBatch([(key, JsonText("2"))], ttl))
        pair = await describe(pairs, key)
        assert pair is not None
        assert pair.expires_at is None

    async def test_missing_namespace_is_reported(self, pairs: PairRepository) -> None:
        for operation in (
            pairs.read("absent", KeyBatch(["a"])),
            pairs.read_pairs("absent", KeyBatch(["a"])),
            pairs.write("absent", batch_of(a="1")),
            pairs.delete("absent", KeyBatch(["a"]), {}),
        ):
            with pytest.raises(NoSuchNamespaceError):
                await operation
