"""The port TransactionRepository, in memory."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from key_value_service.application.transactions.transaction_repository import (
    DeleteResult,
    IncrementResult,
    OperationResult,
    Outcome,
    ReadResult,
    WriteResult,
)
from key_value_service.domain.exceptions import (
    NotANumberError,
    NumberOverflowError,
    OperationRefusedError,
)
from key_value_service.domain.value_objects.batch import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeError,
)
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
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
from key_value_service.domain.value_objects.value import JsonText
from test_support.key_value.in_memory_pairs import InMemoryPairRepository, find_expiry, measure


class InMemoryTransactionRepository:
    """Implements TransactionRepository on the pairs of an InMemoryPairRepository."""

    def __init__(self, pairs: InMemoryPairRepository) -> None:
        self._pairs = pairs

    async def run(self, namespace: str, transaction: Transaction, idempotency_key: IdempotencyKey | None = None) -> Outcome:
        """Compare, then run all operations of one branch."""
        return self._pairs.answers.answer(idempotency_key, lambda: self._run_all(namespace, transaction))

    def _run_all(self, namespace: str, transaction: Transaction) -> Outcome:
        store = self._pairs
        store.begin(namespace)
        succeeded = all(self._holds(comparison) for comparison in transaction.compare)
        name, branch = ("then", transaction.then) if succeeded else ("else", transaction.otherwise)
        before = store.kept.copy(), store.changes.copy(), store.revision
        try:
            results = [self._run(f"{name}.{place}", operation) for place, operation in enumerate(branch)]
            _refuse_too_large(name, results)
        except Exception:
            store.kept, store.changes, store.revision = before
            raise
        return Outcome(succeeded, results, store.revision)

    def _holds(self, comparison: Comparison) -> bool:
        pair = self._pairs.kept.get(comparison.key)
        found: object = {
            Target.REVISION: pair.revision if pair else 0,
            Target.VERSION: pair.version if pair else 0,
            Target.EXISTS: pair is not None,
            Target.VALUE: pair.value if pair else None,
        }[comparison.target]
        compare: Callable[[Any, Any], bool] = {
            Operator.EQUAL: operator.eq,
            Operator.NOT_EQUAL: operator.ne,
            Operator.LESS: operator.lt,
            Operator.AT_MOST: operator.le,
            Operator.GREATER: operator.gt,
            Operator.AT_LEAST: operator.ge,
        }[comparison.operator]
        return compare(found, comparison.operand)

    def _run(self, name: str, operation: Operation) -> OperationResult:
        store = self._pairs
        pair = store.kept.get(operation.key)
        match operation:
            case Write(key, value, ttl):
                store.put(key, value, find_expiry(ttl))
                return WriteResult(store.revision, pair is None)
            case Delete(key):
                return DeleteResult(store.remove(key))
            case Read():
                return ReadResult(pair)
            case Increment(key, by):
                total = self._add(name, key, by)
                return IncrementResult(total, store.revision, pair is None)

    def _add(self, name: str, key: str, by: JsonText) -> JsonText:
        try:
            return self._pairs.add(key, by)
        except NotANumberError:
            raise OperationRefusedError(name, key, "not a number") from None
        except NumberOverflowError:
            raise OperationRefusedError(name, key, "overflow") from None


def _refuse_too_large(name: str, results: Sequence[OperationResult]) -> None:
    pairs = [result.pair for result in results if isinstance(result, ReadResult) and result.pair is not None]
    if sum(map(measure, pairs)) > MAX_ANSWER_BYTES:
        raise AnswerTooLargeError(name)
