"""The contract of PairRepository, PairRanges and TransactionRepository for values of bytes."""

import random
from collections.abc import Sequence

import pytest

from key_value_service.application.pairs.pair_ranges import PageQuery, PairRanges
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.application.transactions.transaction_repository import ReadResult, TransactionRepository, WriteResult
from key_value_service.domain.exceptions import NotANumberError, OperationRefusedError
from key_value_service.domain.value_objects.batch import MAX_ANSWER_BYTES, AnswerTooLargeError, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import (
    Comparison,
    Increment,
    Operation,
    Operator,
    Read,
    Target,
    Transaction,
    Write,
)
from key_value_service.domain.value_objects.value import MAX_BYTES, Binary, JsonText, Value, make_binary
from test_support.key_value.pair_repository_contract import batch_of, describe, read, unused_key, write

ALL_BYTES = bytes(range(256))
ODD_BINARIES = {
    "empty": Binary(b"a/b\n"),
    "every byte": Binary(b"application/octet-stream\n" + ALL_BYTES),
    "line feeds": Binary(b"text/plain\n\n\n"),
    "JSON": Binary(b'text/x-json\n{"a":1}'),
    "a number": Binary(b"text/plain\n1"),
    "type like a number": Binary(b"1.5/x\n"),
    "type like an integer": Binary(b"1/x\n1"),
    "type with parameters": Binary(b'text/plain; charset="utf-8"\n\xff\xfe'),
    "largest": make_binary("a/" + "b" * 253, b"\xff" * MAX_BYTES, "", ""),
}


def binary_of_length(length: int) -> Binary:
    """Return a value of so many bytes, the media type and the line feed included."""
    return Binary(b"a/b\n" + random.Random(length).randbytes(length - 4))  # noqa: S311 - the same ones each time


async def is_equal(transactions: TransactionRepository, key: str, value: Value) -> bool:
    """Return whether `=` holds, after a check that `!=` does not, or the other way round."""
    outcomes = [
        (
            await transactions.run(DEFAULT_NAMESPACE, Transaction([Comparison(key, Target.VALUE, operator, value)], [], []))
        ).succeeded
        for operator in (Operator.EQUAL, Operator.NOT_EQUAL)
    ]
    assert sorted(outcomes) == [False, True]
    return outcomes[0]


class BytesContract:
    """Subclass it as `Test…` and define the fixtures `pairs`, `ranges` and `transactions` on one store."""

    @pytest.mark.parametrize("value", ODD_BINARIES.values(), ids=ODD_BINARIES)
    async def test_bytes_are_returned_exactly_as_written(self, pairs: PairRepository, ranges: PairRanges, value: Binary) -> None:
        key, text = unused_key(), unused_key()
        revision = (await write(pairs, WriteBatch([(key, value), (text, JsonText("1"))]))).revision
        assert await read(pairs, [key]) == {key: value}
        assert await read(pairs, [text, unused_key(), key]) == {text: "1", key: value}
        expected = Pair(key, value, revision - 1, revision - 1, 1, None)
        assert await describe(pairs, key) == await pairs.find(DEFAULT_NAMESPACE, key) == expected
        [listed] = (await ranges.read_page(DEFAULT_NAMESPACE, PageQuery(KeyRange.of(key), 10))).pairs
        assert listed == expected
        assert isinstance(listed.value, Binary)

    async def test_bytes_of_all_lengths_are_read_in_one_batch(self, pairs: PairRepository) -> None:
        lengths = [length + more for length in (32, 256, 2**14, 2**16) for more in range(-30, 3) if length + more >= 4]
        written: dict[str, Value] = {unused_key(): binary_of_length(length) for length in lengths}
        await write(pairs, WriteBatch(list(written.items())))
        assert await read(pairs, [unused_key(), *written]) == written

    async def test_bytes_and_json_replace_each_other(self, pairs: PairRepository) -> None:
        key, binary = unused_key(), Binary(b"a/b\n1")
        for value in (binary, JsonText("1"), binary):
            await write(pairs, WriteBatch([(key, value)]))
            assert await read(pairs, [key]) == {key: value}
        revision = (await write(pairs, batch_of(**{key: "2"}))).revision
        await pairs.replace(DEFAULT_NAMESPACE, key, binary, revision, {})
        assert await read(pairs, [key]) == {key: binary}

    @pytest.mark.parametrize("value", ODD_BINARIES.values(), ids=ODD_BINARIES)
    async def test_new_time_to_live_keeps_the_bytes(self, pairs: PairRepository, value: Binary) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, value)]))
        for seconds in (600, 1200, 60, None):
            lifetime = await pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(seconds), {})
            assert lifetime is not None
            pair = await pairs.find(DEFAULT_NAMESPACE, key)
            assert pair is not None
            assert (pair.value, pair.revision, pair.expires_at) == (value, lifetime.revision, lifetime.expires_at)

    @pytest.mark.parametrize("value", ODD_BINARIES.values(), ids=ODD_BINARIES)
    async def test_bytes_are_not_a_number(
        self, pairs: PairRepository, transactions: TransactionRepository, value: Binary
    ) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, value)]))
        with pytest.raises(NotANumberError):
            await pairs.increment(DEFAULT_NAMESPACE, key, JsonText("1"), {})
        with pytest.raises(OperationRefusedError, match="not a number"):
            await transactions.run(DEFAULT_NAMESPACE, Transaction([], [Increment(key, JsonText("1"))], []))
        assert await read(pairs, [key]) == {key: value}

    async def test_transaction_writes_and_reads_bytes(self, pairs: PairRepository, transactions: TransactionRepository) -> None:
        first, second = unused_key(), unused_key()
        value, other = ODD_BINARIES["every byte"], ODD_BINARIES["largest"]
        operations: list[Operation] = [Write(first, value), Read(first), Write(second, other), Read(second)]
        outcome = await transactions.run(DEFAULT_NAMESPACE, Transaction([], operations, []))
        last = outcome.revision
        assert list(outcome.results) == [
            WriteResult(last - 1, True),
            ReadResult(Pair(first, value, last - 1, last - 1, 1, None)),
            WriteResult(last, True),
            ReadResult(Pair(second, other, last, last, 1, None)),
        ]
        assert await read(pairs, [first, second]) == {first: value, second: other}

    @pytest.mark.parametrize("value", ODD_BINARIES.values(), ids=ODD_BINARIES)
    async def test_bytes_equal_the_same_bytes_of_the_same_type_alone(
        self, pairs: PairRepository, transactions: TransactionRepository, value: Binary
    ) -> None:
        key = unused_key()
        await write(pairs, WriteBatch([(key, value)]))
        assert await is_equal(transactions, key, value)
        different: Sequence[Value] = [
            Binary(b"x" + value.packed), Binary(value.packed + b"\0"), Binary(b"1.5/x\ny"), JsonText("1"), JsonText("1.5"),
            JsonText('"1.5/x\\n"'), JsonText("null"),
        ]  # fmt: skip
        for other in different:
            assert not await is_equal(transactions, key, other)
        await write(pairs, batch_of(**{key: "1.5"}))
        assert not await is_equal(transactions, key, value)
        assert not await is_equal(transactions, unused_key(), value)

    async def test_size_of_an_answer_counts_base64(
        self, pairs: PairRepository, ranges: PairRanges, transactions: TransactionRepository
    ) -> None:
        start = unused_key()
        value = make_binary("a/b", b"\xff" * MAX_BYTES, "", "")
        fitting = MAX_ANSWER_BYTES * 3 // (4 * MAX_BYTES) - 1
        keys = [f"{start}{number:02}" for number in range(fitting + 2)]
        for key in keys:
            await write(pairs, WriteBatch([(key, value)]))
        for most in (pairs.read, pairs.read_pairs):
            with pytest.raises(AnswerTooLargeError):
                await most(DEFAULT_NAMESPACE, KeyBatch(keys))
        with pytest.raises(AnswerTooLargeError):
            await transactions.run(DEFAULT_NAMESPACE, Transaction([], [Read(key) for key in keys], []))
        assert len(await read(pairs, keys[:fitting])) == fitting
        for megabytes, count in ((1, 1), (1.4, 2), (4, 3), (5.4, 5)):
            query = PageQuery(KeyRange.of(start), 10, int(megabytes * MAX_BYTES))
            assert len((await ranges.read_page(DEFAULT_NAMESPACE, query)).pairs) == count
