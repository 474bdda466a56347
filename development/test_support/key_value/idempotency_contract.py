"""The contracts of PairRepository and TransactionRepository for calls with an idempotency key."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from key_value_service.application.pairs.pair_repository import Deleted, PairRepository, Sum
from key_value_service.application.transactions.transaction_repository import ReadResult
from key_value_service.domain.exceptions import (
    IdempotencyKeyReusedError,
    KeyValueError,
    NoSuchNamespaceError,
    NotANumberError,
    NumberOverflowError,
    OperationRefusedError,
    RevisionConflictError,
)
from key_value_service.domain.value_objects.batch import ANY_REVISION, Expectation, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.idempotency_key import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeToKeepError,
    IdempotencyKey,
)
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import (
    Comparison,
    Delete,
    Increment,
    Operator,
    Read,
    Target,
    Transaction,
    Write,
)
from key_value_service.domain.value_objects.value import Binary, JsonText
from test_support.key_value.pair_repository_contract import batch_of, describe, read, unused_key, write
from test_support.key_value.transaction_repository_contract import Store

ONE, TWO = JsonText("1"), JsonText("2")
NOTHING: Mapping[str, Expectation] = {}


def new_key(milliseconds: int = 60_000) -> IdempotencyKey:
    return IdempotencyKey(uuid4().hex, "request", milliseconds)


def again(key: IdempotencyKey, fingerprint: str = "request") -> IdempotencyKey:
    """Return the key of a repetition."""
    return IdempotencyKey(key.value, fingerprint, key.keep_milliseconds)


Change = Callable[[PairRepository, str, IdempotencyKey], Awaitable[Any]]

# Each works on a pair that exists.
CHANGES: dict[str, Change] = {
    "write": lambda pairs, key, once: pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, TWO)]), once),
    "write if absent": lambda pairs, key, once: pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, TWO)], if_absent=True), once),
    "delete": lambda pairs, key, once: pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key]), NOTHING, once),
    "delete nothing": lambda pairs, key, once: pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key + "x"]), NOTHING, once),
    "set TTL": lambda pairs, key, once: pairs.set_ttl(DEFAULT_NAMESPACE, key, TimeToLive(3600), NOTHING, once),
    "set TTL of nothing": lambda pairs, key, once: pairs.set_ttl(DEFAULT_NAMESPACE, key + "x", TimeToLive(1), NOTHING, once),
    "increment": lambda pairs, key, once: pairs.increment(DEFAULT_NAMESPACE, key, ONE, NOTHING, once),
    "increment nothing": lambda pairs, key, once: pairs.increment(DEFAULT_NAMESPACE, key + "y", ONE, NOTHING, once),
}


class Refusal(NamedTuple):
    """A change that is refused as long as a pair is a certain value, or has a certain revision."""

    value: str
    change: Change
    error: type[KeyValueError]


REFUSALS = {
    "conflict of a write": Refusal(
        "1",
        lambda pairs, key, once: pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, TWO)], expected={key: 0}), once),
        RevisionConflictError,
    ),
    "conflict of a deletion": Refusal(
        "1",
        lambda pairs, key, once: pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key]), {key: 1 << 50}, once),
        RevisionConflictError,
    ),
    "conflict of an increment": Refusal(
        "1",
        lambda pairs, key, once: pairs.increment(DEFAULT_NAMESPACE, key, ONE, {key: (None, ANY_REVISION)}, once),
        RevisionConflictError,
    ),
    "conflict of a replacement": Refusal(
        "1",
        lambda pairs, key, once: pairs.replace(DEFAULT_NAMESPACE, key, TWO, 1, {key: ([1 << 50], None)}, once),
        RevisionConflictError,
    ),
    "replacement of nothing": Refusal(
        "1", lambda pairs, key, once: pairs.replace(DEFAULT_NAMESPACE, key + "x", TWO, 0, NOTHING, once), RevisionConflictError
    ),
    "no number": Refusal("[]", CHANGES["increment"], NotANumberError),
    "overflow": Refusal("9223372036854775807", CHANGES["increment"], NumberOverflowError),
}


class IdempotencyContract:
    """Subclass it as `Test…` and define the fixture `pairs`."""

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    async def test_repetition_gets_the_first_result_and_changes_nothing(self, pairs: PairRepository, change: Change) -> None:
        key, once = unused_key(), new_key()
        await write(pairs, batch_of(**{key: "1"}))
        result = await change(pairs, key, once)
        assert not once.is_replayed
        kept = await describe(pairs, key)
        for _ in range(2):
            repetition = again(once)
            assert await change(pairs, key, repetition) == result
            assert repetition.is_replayed
        assert await describe(pairs, key) == kept
        await write(pairs, batch_of(**{key: "5"}))
        assert await change(pairs, key, again(once)) == result
        assert await read(pairs, [key]) == {key: "5"}

    @pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
    async def test_repetition_gets_the_first_refusal(self, pairs: PairRepository, refusal: Refusal) -> None:
        key, once = unused_key(), new_key()
        await write(pairs, batch_of(**{key: refusal.value}))
        with pytest.raises(refusal.error) as refused:
            await refusal.change(pairs, key, once)
        assert not once.is_replayed
        await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key]), {})
        await write(pairs, batch_of(**{key + "x": "1"}))
        repetition = again(once)
        with pytest.raises(refusal.error) as refused_again:
            await refusal.change(pairs, key, repetition)
        assert repetition.is_replayed
        assert (str(refused_again.value), vars(refused_again.value)) == (str(refused.value), vars(refused.value))
        assert await describe(pairs, key) is None

    async def test_replacement_that_is_tried_again_keeps_its_last_answer(self, pairs: PairRepository) -> None:
        key, once = unused_key(), new_key()
        revision = (await write(pairs, batch_of(**{key: "1"}))).revision
        for seen in (revision - 1, 0):
            with pytest.raises(RevisionConflictError) as refused:
                await pairs.replace(DEFAULT_NAMESPACE, key, TWO, seen, {key: ANY_REVISION}, again(once))
            assert list(refused.value.conflicts) == [(key, revision)]
        assert await pairs.replace(DEFAULT_NAMESPACE, key, TWO, revision, {key: ANY_REVISION}, once) == revision + 1
        for seen in (revision, 0, revision + 1):
            repetition = again(once)
            assert await pairs.replace(DEFAULT_NAMESPACE, key, ONE, seen, {key: ANY_REVISION}, repetition) == revision + 1
            assert repetition.is_replayed
        assert await read(pairs, [key]) == {key: "2"}

    async def test_key_of_another_request_is_refused(self, pairs: PairRepository) -> None:
        key, once = unused_key(), new_key()
        await CHANGES["increment"](pairs, key, once)
        for change in CHANGES.values():
            other = again(once, "another request")
            with pytest.raises(IdempotencyKeyReusedError):
                await change(pairs, key, other)
            assert not other.is_replayed
        assert await read(pairs, [key]) == {key: "1"}

    async def test_other_keys_are_other_requests(self, pairs: PairRepository) -> None:
        key = unused_key()
        sums = [await pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, new_key()) for _ in range(3)]
        assert [one.value for one in sums] == ["1", "2", "3"]

    async def test_concurrent_repetitions_get_one_answer(self, pairs: PairRepository) -> None:
        key, once = unused_key(), new_key()
        keys = [again(once) for _ in range(20)]
        sums = await asyncio.gather(*(pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, one) for one in keys))
        assert [one.value for one in sums] == ["1"] * 20
        assert len(set(sums)) == 1
        assert sorted(one.is_replayed for one in keys) == [False] + [True] * 19
        assert await read(pairs, [key]) == {key: "1"}

    async def test_answer_is_kept_for_its_time(self, pairs: PairRepository) -> None:
        key, once = unused_key(), new_key(milliseconds=150)
        assert (await pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, once)).value == "1"
        assert (await pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, again(once))).value == "1"
        await asyncio.sleep(0.2)
        later = again(once, "another request")
        assert (await pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, later)).value == "2"
        assert not later.is_replayed

    async def test_missing_namespace_is_no_answer(self, pairs: PairRepository) -> None:
        key, once = unused_key(), new_key()
        with pytest.raises(NoSuchNamespaceError):
            await pairs.increment("absent", key, ONE, {}, once)
        assert isinstance(await pairs.increment(DEFAULT_NAMESPACE, key, ONE, {}, again(once)), Sum)

    async def test_nothing_is_changed_if_the_answer_is_too_large_to_be_kept(self, pairs: PairRepository) -> None:
        missing = [f"{number:0512}" for number in range(MAX_ANSWER_BYTES // 512)]
        key, once = unused_key(), new_key()
        await write(pairs, batch_of(**{key: "1"}))
        with pytest.raises(AnswerTooLargeToKeepError) as refused:
            await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key, *missing]), {}, once)
        assert [(violation.field, violation.rule) for violation in refused.value.violations] == [
            ("idempotency-key", "answer_size")
        ]
        assert await read(pairs, [key]) == {key: "1"}
        few = [key, *missing[: MAX_ANSWER_BYTES // 512 - 2]]
        assert isinstance(await pairs.delete(DEFAULT_NAMESPACE, KeyBatch(few), {}, again(once)), Deleted)


class IdempotentTransactionContract:
    """Subclass it as `Test…` and define the fixture `store`."""

    async def test_repeated_transaction_gets_the_first_outcome(self, store: Store) -> None:
        key, once = unused_key(), new_key()
        transaction = Transaction(
            [Comparison(key, Target.EXISTS, Operator.EQUAL, operand=False)],
            [Write(key, ONE), Increment(key, ONE), Read(key), Delete(key), Read(key), Increment(key, JsonText("0.5"))],
            [Read(key), Delete(key)],
        )
        outcome = await store.transactions.run(DEFAULT_NAMESPACE, transaction, once)
        assert outcome.succeeded
        kept = await describe(store.pairs, key)
        repetition = again(once)
        assert await store.transactions.run(DEFAULT_NAMESPACE, transaction, repetition) == outcome
        assert repetition.is_replayed
        assert await describe(store.pairs, key) == kept

    async def test_repeated_transaction_gets_what_was_read_then(self, store: Store) -> None:
        key, once = unused_key(), new_key()
        binary = Binary(b"image/png\n\xff\x00")
        await write(store.pairs, WriteBatch([(key, JsonText('"é\\u0000"')), (key + "b", binary)]))
        transaction = Transaction([], [Read(key), Read(key + "b"), Read(key + "x")], [])
        outcome = await store.transactions.run(DEFAULT_NAMESPACE, transaction, once)
        await write(store.pairs, batch_of(**{key: "2", key + "b": "3"}))
        assert await store.transactions.run(DEFAULT_NAMESPACE, transaction, again(once)) == outcome
        pairs = [result.pair for result in outcome.results if isinstance(result, ReadResult)]
        assert [pair and pair.value for pair in pairs] == ['"é\\u0000"', binary, None]

    async def test_repeated_deletion_returns_what_was_there(self, store: Store) -> None:
        key, once = unused_key(), new_key()
        binary = Binary(b"image/png\n\xff\x00")
        await write(store.pairs, WriteBatch([(key, ONE), (key + "b", binary)]))
        keys = KeyBatch([key, key + "b", key + "x"])
        for number in range(2):
            repetition = again(once)
            deleted = await store.pairs.delete(DEFAULT_NAMESPACE, keys, {}, repetition, returns_previous=True)
            assert (deleted.previous, deleted.missing) == ({key: ONE, key + "b": binary}, [key + "x"])
            assert repetition.is_replayed == (number == 1)

    async def test_repeated_transaction_gets_the_first_refusal(self, store: Store) -> None:
        key, once = unused_key(), new_key()
        await write(store.pairs, batch_of(**{key: "[]"}))
        transaction = Transaction([], [Write(key + "x", ONE), Increment(key, ONE)], [])
        for number in range(2):
            repetition = again(once)
            with pytest.raises(OperationRefusedError) as refused:
                await store.transactions.run(DEFAULT_NAMESPACE, transaction, repetition)
            assert (refused.value.operation, refused.value.key, refused.value.reason) == ("then.1", key, "not a number")
            assert repetition.is_replayed == (number == 1)
            await write(store.pairs, batch_of(**{key: "1"}))
        assert await describe(store.pairs, key + "x") is None

    async def test_nothing_is_done_if_what_is_read_is_too_large_to_be_kept(self, store: Store) -> None:
        key, once = unused_key(), new_key()
        await write(store.pairs, batch_of(**{key: f'"{"x" * MAX_ANSWER_BYTES}"'}))
        with pytest.raises(AnswerTooLargeToKeepError):
            await store.transactions.run(DEFAULT_NAMESPACE, Transaction([], [Write(key + "x", ONE), Read(key)], []), once)
        assert await describe(store.pairs, key + "x") is None
        await store.transactions.run(DEFAULT_NAMESPACE, Transaction([], [Write(key + "x", ONE)], []), again(once))
