"""What every PairRepository promises: the one in memory and the one in Tarantool."""

import asyncio
from uuid import uuid4

import pytest

from key_value_service.application.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import (
    LARGEST_ANSWER_BYTES,
    MOST_KEYS,
    AnswerTooLargeError,
    ReadBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.value import LONGEST_BYTES, JsonText

LARGEST_VALUE = JsonText('"' + "x" * (LONGEST_BYTES - 2) + '"')


def unused_key() -> str:
    """Return a key that no other test has: all may share one store."""
    return uuid4().hex


def batch_of(**pairs: str) -> WriteBatch:
    """Return a batch of these keys and texts."""
    return WriteBatch([(key, JsonText(text)) for key, text in pairs.items()])


class PairRepositoryContract:
    """Inherit it as `Test…` and define the fixture `pairs`."""

    async def test_a_written_pair_is_read(self, pairs: PairRepository) -> None:
        key = unused_key()
        await pairs.write(batch_of(**{key: '"hello"'}))
        assert await pairs.read(ReadBatch([key])) == {key: '"hello"'}

    async def test_written_pairs_are_read_together(self, pairs: PairRepository) -> None:
        written = {unused_key(): str(number) for number in range(5)}
        await pairs.write(batch_of(**written))
        assert await pairs.read(ReadBatch(list(written))) == written

    async def test_keys_that_were_never_written_are_left_out(self, pairs: PairRepository) -> None:
        key = unused_key()
        await pairs.write(batch_of(**{key: "1"}))
        assert await pairs.read(ReadBatch([unused_key(), key, unused_key()])) == {key: "1"}

    @pytest.mark.parametrize("count", [1, 2, MOST_KEYS])
    async def test_nothing_is_found_where_nothing_was_written(self, pairs: PairRepository, count: int) -> None:
        assert await pairs.read(ReadBatch([unused_key() for _ in range(count)])) == {}

    async def test_only_the_keys_that_were_asked_for_are_read(self, pairs: PairRepository) -> None:
        asked, other = unused_key(), unused_key()
        await pairs.write(batch_of(**{asked: "1", other: "2"}))
        assert await pairs.read(ReadBatch([asked])) == {asked: "1"}

    async def test_a_later_write_replaces_an_earlier_one(self, pairs: PairRepository) -> None:
        replaced, kept, new = unused_key(), unused_key(), unused_key()
        await pairs.write(batch_of(**{replaced: '{"a":1}', kept: "1"}))
        await pairs.write(batch_of(**{replaced: "[]", new: "2"}))
        assert await pairs.read(ReadBatch([replaced, kept, new])) == {replaced: "[]", kept: "1", new: "2"}

    @pytest.mark.parametrize(
        "text",
        [
            "null", "true", "false", '""', "{}", "[]", "0", "-0.0", "1", "1.0", "1e+308", "5e-324", "0.1", "18446744073709551615",
            "-9223372036854775808", "[1,1.0,{},[],null]", '{"b":1,"a":2}', '"\\u0000\\n\\"\\\\"', '"é"', '"e\u0301"',
            '"🔑"', '"\u2028"',
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("count", [1, 2])
    async def test_a_text_comes_back_exactly_as_it_was_written(self, pairs: PairRepository, text: str, count: int) -> None:
        written = {unused_key(): text for _ in range(count)}
        await pairs.write(batch_of(**written))
        assert await pairs.read(ReadBatch(list(written))) == written

    @pytest.mark.parametrize(
        "key", ["a", " ", "a ", "é" * 256, "🔑" * 128, "k" * 512, '"', "\\", "a.b/c?d=1", "__proto__", "ключ"]
    )
    async def test_a_key_of_any_characters_finds_its_own_pair(self, pairs: PairRepository, key: str) -> None:
        text = f'"{uuid4().hex}"'
        await pairs.write(batch_of(**{key: text}))
        assert await pairs.read(ReadBatch([key])) == {key: text}
        assert await pairs.read(ReadBatch([key, unused_key()])) == {key: text}

    async def test_keys_that_merely_look_alike_are_different(self, pairs: PairRepository) -> None:
        alike = ["\u00e9", "e\u0301", "\u00c9", "e", "E", "e ", " e", "\uff45", "1", "1.0", "01"]
        start = unused_key()
        written = {start + key: str(number) for number, key in enumerate(alike)}
        await pairs.write(batch_of(**written))
        assert await pairs.read(ReadBatch(list(written))) == written

    async def test_a_batch_of_the_most_keys_is_written_and_read(self, pairs: PairRepository) -> None:
        written = {unused_key(): str(number) for number in range(MOST_KEYS)}
        await pairs.write(batch_of(**written))
        assert await pairs.read(ReadBatch(list(written))) == written

    async def test_the_largest_value_is_kept(self, pairs: PairRepository) -> None:
        first, second = unused_key(), unused_key()
        await pairs.write(batch_of(**{first: LARGEST_VALUE, second: "1"}))
        assert await pairs.read(ReadBatch([first])) == {first: LARGEST_VALUE}
        assert await pairs.read(ReadBatch([first, second])) == {first: LARGEST_VALUE, second: "1"}

    async def test_more_than_one_answer_may_hold_is_refused(self, pairs: PairRepository) -> None:
        keys = [unused_key() for _ in range(LARGEST_ANSWER_BYTES // LONGEST_BYTES + 1)]
        for key in keys:
            await pairs.write(batch_of(**{key: LARGEST_VALUE}))
        with pytest.raises(AnswerTooLargeError):
            await pairs.read(ReadBatch(keys))
        fewer = keys[:-2]
        assert await pairs.read(ReadBatch(fewer)) == dict.fromkeys(fewer, LARGEST_VALUE)

    async def test_a_batch_is_read_whole_or_not_at_all(self, pairs: PairRepository) -> None:
        keys = [unused_key() for _ in range(50)]

        async def write() -> None:
            for number in range(20):
                await pairs.write(batch_of(**dict.fromkeys(keys, str(number))))

        async def read() -> list[int]:
            return [len(set((await pairs.read(ReadBatch(keys))).values())) for _ in range(20)]

        await pairs.write(batch_of(**dict.fromkeys(keys, "0")))
        outcomes = await asyncio.gather(write(), read(), write(), read())
        assert outcomes[1] == outcomes[3] == [1] * 20
