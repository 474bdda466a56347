"""What every TransactionRepository promises: the one in memory and the one in Tarantool."""

import asyncio
from typing import NamedTuple

import orjson
import pytest

from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.application.transactions.transaction_repository import (
    DeleteResult,
    IncrementResult,
    Outcome,
    ReadResult,
    TransactionRepository,
    WriteResult,
)
from key_value_service.domain.exceptions import NoSuchNamespaceError, OperationRefusedError
from key_value_service.domain.value_objects.batch import MAX_ANSWER_BYTES, MAX_REVISION, AnswerTooLargeError, WriteBatch
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import (
    Comparison,
    Delete,
    Increment,
    Operation,
    Operator,
    Read,
    Target,
    Transaction,
    Write,
)
from key_value_service.domain.value_objects.value import MAX_BYTES, JsonText
from test_support.key_value.pair_repository_contract import MAX_VALUE, batch_of, delete, describe, read, unused_key, write

ONE = JsonText("1")


class Store(NamedTuple):
    """Both ways to the same pairs."""

    pairs: PairRepository
    transactions: TransactionRepository


async def run(store: Store, *then: Operation) -> Outcome:
    return await store.transactions.run(DEFAULT_NAMESPACE, Transaction([], then, []))


async def holds(store: Store, *compare: Comparison) -> bool:
    return (await store.transactions.run(DEFAULT_NAMESPACE, Transaction(compare, [], []))).succeeded


async def find_revision(store: Store) -> int:
    return (await run(store)).revision


class TransactionRepositoryContract:
    """Subclass it as `Test…` and define the fixture `store`."""

    async def test_operations_run_in_order_each_with_its_result(self, store: Store) -> None:
        written, counted, absent = unused_key(), unused_key(), unused_key()
        before = await find_revision(store)
        outcome = await run(
            store,
            Write(written, JsonText('{"a":1.0}')),
            Read(written),
            Increment(counted, JsonText("5")),
            Delete(absent),
            Delete(written),
            Read(written),
        )
        assert outcome == Outcome(
            True,
            [
                WriteResult(before + 1, True),
                ReadResult(Pair(written, JsonText('{"a":1.0}'), before + 1, before + 1, 1, None)),
                IncrementResult(JsonText("5"), before + 2, True),
                DeleteResult(False),
                DeleteResult(True),
                ReadResult(None),
            ],
            before + 3,
        )
        assert await read(store.pairs, [written, counted, absent]) == {counted: "5"}

    async def test_operation_sees_the_effects_of_those_before_it(self, store: Store) -> None:
        key = unused_key()
        outcome = await run(
            store, Write(key, ONE), Increment(key, ONE), Write(key, JsonText("7")), Increment(key, ONE), Read(key)
        )
        revision = outcome.revision
        assert outcome.results == [
            WriteResult(revision - 3, True),
            IncrementResult(JsonText("2"), revision - 2, False),
            WriteResult(revision - 1, False),
            IncrementResult(JsonText("8"), revision, False),
            ReadResult(Pair(key, JsonText("8"), revision, revision - 3, 4, None)),
        ]
        outcome = await run(store, Delete(key), Write(key, ONE), Read(key))
        assert outcome.results[1:] == [
            WriteResult(revision + 2, True),
            ReadResult(Pair(key, ONE, revision + 2, revision + 2, 1, None)),
        ]

    async def test_only_one_branch_is_run(self, store: Store) -> None:
        key, then, otherwise = unused_key(), unused_key(), unused_key()
        transaction = Transaction(
            [Comparison(key, Target.EXISTS, Operator.EQUAL, True)], [Write(then, ONE)], [Write(otherwise, ONE), Read(key)]
        )
        outcome = await store.transactions.run(DEFAULT_NAMESPACE, transaction)
        assert (outcome.succeeded, len(outcome.results)) == (False, 2)
        assert await read(store.pairs, [then, otherwise]) == {otherwise: "1"}
        await write(store.pairs, batch_of(**{key: "null"}))
        outcome = await store.transactions.run(DEFAULT_NAMESPACE, transaction)
        assert (outcome.succeeded, len(outcome.results)) == (True, 1)
        assert await read(store.pairs, [then, otherwise]) == {then: "1", otherwise: "1"}

    @pytest.mark.parametrize("target", [Target.REVISION, Target.VERSION])
    async def test_numbers_are_compared_by_every_operator(self, store: Store, target: Target) -> None:
        key = unused_key()
        for _ in range(3):
            await write(store.pairs, batch_of(**{key: "1"}))
        pair = await describe(store.pairs, key)
        assert pair is not None
        number = pair.revision if target is Target.REVISION else pair.version
        held = {
            operator: [
                difference
                for difference in (-1, 0, 1)
                if await holds(store, Comparison(key, target, operator, number + difference))
            ]
            for operator in Operator
        }
        assert held == {
            Operator.EQUAL: [0],
            Operator.NOT_EQUAL: [-1, 1],
            Operator.LESS: [1],
            Operator.AT_MOST: [0, 1],
            Operator.GREATER: [-1],
            Operator.AT_LEAST: [-1, 0],
        }
        assert await holds(store, Comparison(key, target, Operator.LESS, MAX_REVISION))

    async def test_missing_pair_has_revision_and_version_0_and_no_value(self, store: Store) -> None:
        key = unused_key()
        assert await holds(
            store,
            Comparison(key, Target.REVISION, Operator.EQUAL, 0),
            Comparison(key, Target.VERSION, Operator.EQUAL, 0),
            Comparison(key, Target.EXISTS, Operator.EQUAL, False),
            Comparison(key, Target.EXISTS, Operator.NOT_EQUAL, True),
            Comparison(key, Target.VALUE, Operator.NOT_EQUAL, JsonText("null")),
        )
        assert not await holds(store, Comparison(key, Target.VALUE, Operator.EQUAL, JsonText("null")))
        assert not await holds(store, Comparison(key, Target.VERSION, Operator.GREATER, 0))

    @pytest.mark.parametrize(
        ("text", "other"), [("1", "1.0"), ('{"a":1,"b":2}', '{"b":2,"a":1}'), ("[]", "{}"), ("null", '""'), ('"a"', '"A"')]
    )
    async def test_values_are_equal_if_their_texts_are(self, store: Store, text: str, other: str) -> None:
        key = unused_key()
        await write(store.pairs, batch_of(**{key: text}))
        assert await holds(store, Comparison(key, Target.VALUE, Operator.EQUAL, JsonText(text)))
        assert not await holds(store, Comparison(key, Target.VALUE, Operator.NOT_EQUAL, JsonText(text)))
        assert not await holds(store, Comparison(key, Target.VALUE, Operator.EQUAL, JsonText(other)))
        assert await holds(store, Comparison(key, Target.VALUE, Operator.NOT_EQUAL, JsonText(other)))

    @pytest.mark.parametrize("number", [1e16, 1e22, -1e-5, 1e-7, 5e-324, 0.1 + 0.2, 2.0**-44, 1.7976931348623157e308, 0.0])
    async def test_sum_equals_the_double_that_a_client_writes(self, store: Store, number: float) -> None:
        key = unused_key()
        text = JsonText(orjson.dumps(number).decode())
        await run(store, Increment(key, text), Increment(key, JsonText("0.0")))
        assert await holds(store, Comparison(key, Target.VALUE, Operator.EQUAL, text))
        assert not await holds(store, Comparison(key, Target.VALUE, Operator.NOT_EQUAL, text))
        assert not await holds(store, Comparison(key, Target.VALUE, Operator.EQUAL, JsonText("-0.0")))

    async def test_all_comparisons_must_hold(self, store: Store) -> None:
        first, second = unused_key(), unused_key()
        await write(store.pairs, batch_of(**{first: "1", second: "2"}))
        right = Comparison(first, Target.VALUE, Operator.EQUAL, ONE)
        assert await holds(store, right, Comparison(second, Target.EXISTS, Operator.EQUAL, True))
        assert not await holds(store, right, Comparison(second, Target.VALUE, Operator.EQUAL, ONE))
        assert not await holds(store, Comparison(second, Target.VALUE, Operator.EQUAL, ONE), right)

    @pytest.mark.parametrize(
        ("text", "by", "reason"),
        [
            ('"1"', "1", "not a number"),
            ("null", "1", "not a number"),
            ("true", "1", "not a number"),
            ("[1]", "1", "not a number"),
            ("9223372036854775807", "1", "overflow"),
            ("-9223372036854775808", "-1", "overflow"),
            ("9223372036854775808", "0", "overflow"),
            ("18446744073709551616", "-9223372036854775808", "overflow"),
            ("-9223372036854775809", "1", "overflow"),
            ("18446744073709551616", "0.5", "overflow"),
            ("1" + "0" * 999, "1", "overflow"),
            ("1.7e308", "1.7e308", "overflow"),
        ],
    )
    async def test_failed_increment_changes_nothing(self, store: Store, text: str, by: str, reason: str) -> None:
        key, other = unused_key(), unused_key()
        revision = (await write(store.pairs, batch_of(**{key: text, other: "1"}))).revision
        operations: list[Operation] = [
            Write(unused_key(), ONE),
            Delete(other),
            Increment(key, JsonText(by)),
            Increment(other, ONE),
        ]
        with pytest.raises(OperationRefusedError) as refused:
            await run(store, *operations)
        assert (refused.value.operation, refused.value.key, refused.value.reason) == ("then.2", key, reason)
        absent = Comparison(unused_key(), Target.EXISTS, Operator.EQUAL, True)
        with pytest.raises(OperationRefusedError) as refused:
            await store.transactions.run(DEFAULT_NAMESPACE, Transaction([absent], [], operations))
        assert refused.value.operation == "else.2"
        assert await read(store.pairs, [key, other]) == {key: text, other: "1"}
        assert await find_revision(store) == revision

    async def test_time_to_live_is_set_by_writes_and_kept_by_increments(self, store: Store) -> None:
        key, lasting = unused_key(), unused_key()
        outcome = await run(
            store, Write(key, ONE, TimeToLive(3600)), Increment(key, ONE), Read(key),
            Write(lasting, ONE, TimeToLive(3600)), Write(lasting, ONE, TimeToLive(None)), Read(lasting),
        )  # fmt: skip
        kept, for_ever = outcome.results[2], outcome.results[5]
        assert isinstance(kept, ReadResult)
        assert isinstance(for_ever, ReadResult)
        assert kept.pair is not None
        assert for_ever.pair is not None
        assert kept.pair.expires_at is not None
        assert for_ever.pair.expires_at is None
        assert await describe(store.pairs, key) == kept.pair

    async def test_expired_pair_does_not_exist(self, store: Store) -> None:
        key = unused_key()
        await write(store.pairs, WriteBatch([(key, JsonText("5"))], TimeToLive(0.05)))
        await asyncio.sleep(0.06)
        absent = Comparison(key, Target.EXISTS, Operator.EQUAL, False)
        outcome = await store.transactions.run(
            DEFAULT_NAMESPACE, Transaction([absent], [Read(key), Delete(key), Increment(key, ONE), Read(key)], [])
        )
        assert outcome.succeeded
        assert outcome.results[:3] == [ReadResult(None), DeleteResult(False), IncrementResult(ONE, outcome.revision, True)]
        assert outcome.results[3] == ReadResult(Pair(key, ONE, outcome.revision, outcome.revision, 1, None))

    async def test_transaction_without_changes_takes_no_revision(self, store: Store) -> None:
        before = await find_revision(store)
        outcome = await run(store, Read(unused_key()), Delete(unused_key()))
        assert outcome.revision == before
        assert (await write(store.pairs, batch_of(**{unused_key(): "1"}))).revision == before + 1

    async def test_too_large_response_is_rejected_and_nothing_changed(self, store: Store) -> None:
        key, other = unused_key(), unused_key()
        await write(store.pairs, batch_of(**{key: MAX_VALUE}))
        most = MAX_ANSWER_BYTES // MAX_BYTES
        with pytest.raises(AnswerTooLargeError) as refused:
            await run(store, Write(other, ONE), *[Read(key)] * most)
        assert refused.value.violations[0].field == "then"
        assert await read(store.pairs, [other]) == {}
        assert len((await run(store, *[Read(key)] * (most - 1))).results) == most - 1

    async def test_one_of_fifty_concurrent_lock_attempts_succeeds(self, store: Store) -> None:
        lock = unused_key()
        free = Comparison(lock, Target.EXISTS, Operator.EQUAL, False)
        outcomes = await asyncio.gather(
            *(
                store.transactions.run(DEFAULT_NAMESPACE, Transaction([free], [Write(lock, JsonText(str(number)))], [Read(lock)]))
                for number in range(50)
            )
        )
        (winner,) = [number for number, outcome in enumerate(outcomes) if outcome.succeeded]
        seen = {
            outcome.results[0].pair.value
            for outcome in outcomes
            if isinstance(outcome.results[0], ReadResult) and outcome.results[0].pair
        }
        assert seen == {str(winner)}
        assert await read(store.pairs, [lock]) == {lock: str(winner)}

    async def test_none_of_fifty_concurrent_increments_is_lost(self, store: Store) -> None:
        key = unused_key()
        outcomes = await asyncio.gather(*(run(store, Increment(key, ONE)) for _ in range(50)))
        assert {outcome.results[0][0] for outcome in outcomes} == {str(number) for number in range(1, 51)}

    async def test_transactions_are_isolated(self, store: Store) -> None:
        accounts = [unused_key() for _ in range(5)]
        await write(store.pairs, batch_of(**dict.fromkeys(accounts, "100")))

        async def move(number: int) -> None:
            source, target = accounts[number % 5], accounts[(number * 3 + 1) % 5]
            await run(store, Increment(source, JsonText("-7")), Increment(target, JsonText("7")))

        async def read_all() -> int:
            return sum(map(int, map(str, (await read(store.pairs, accounts)).values())))

        async def read_in_transaction() -> int:
            outcome = await run(store, *map(Read, accounts))
            return sum(
                int(str(result.pair.value)) for result in outcome.results if isinstance(result, ReadResult) and result.pair
            )

        async def move_often(start: int) -> None:
            for number in range(start, start + 20):
                await move(number)

        async def read_often() -> set[int]:
            return {await read_one_way() for _ in range(20) for read_one_way in (read_all, read_in_transaction)}

        seen = await asyncio.gather(*(read_often() for _ in range(5)), *(move_often(start) for start in range(10)))
        assert seen[:5] == [{500}] * 5

    async def test_missing_namespace_is_reported(self, store: Store) -> None:
        for transaction in (Transaction([], [], []), Transaction([], [Write("a", ONE)], [])):
            with pytest.raises(NoSuchNamespaceError):
                await store.transactions.run("absent", transaction)

    async def test_deleted_pair_has_no_revision(self, store: Store) -> None:
        key = unused_key()
        await write(store.pairs, batch_of(**{key: "1"}))
        await delete(store.pairs, [key])
        assert await holds(store, Comparison(key, Target.REVISION, Operator.EQUAL, 0))
