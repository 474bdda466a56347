"""Transactions in Tarantool."""

from typing import Any

from key_value_service.application.transactions.transaction_repository import (
    DeleteResult,
    IncrementResult,
    OperationResult,
    Outcome,
    ReadResult,
    WriteResult,
)
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.transaction import Delete, Increment, Operation, Read, Transaction, Write
from key_value_service.infrastructure.db.repositories.kept_answers import add_key, find_max_bytes, unwrap_answer
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import to_pair, to_stored_ttl
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolTransactionRepository:
    """Implements TransactionRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def run(self, namespace: str, transaction: Transaction, idempotency_key: IdempotencyKey | None = None) -> Outcome:
        """Compare, and do all operations of one branch, in one transaction."""
        arguments = [
            namespace,
            [(one.key, one.target, one.operator, one.operand) for one in transaction.compare],
            [_to_stored(operation) for operation in transaction.then],
            [_to_stored(operation) for operation in transaction.otherwise],
            find_max_bytes(idempotency_key),
        ]
        answer = await self._tarantool.call("transactions.run", add_key(arguments, idempotency_key))
        succeeded, results, revision = unwrap_answer(answer, idempotency_key)
        branch = transaction.then if succeeded else transaction.otherwise
        return Outcome(succeeded, [_to_result(*one) for one in zip(branch, results, strict=True)], revision)


def _to_stored(operation: Operation) -> tuple[Any, ...]:
    match operation:
        case Write(key, value, ttl):
            return ("write", key, value, to_stored_ttl(ttl))
        case Delete(key):
            return ("delete", key)
        case Read(key):
            return ("read", key)
        case Increment(key, by):
            return ("increment", key, by)


def _to_result(operation: Operation, result: Any) -> OperationResult:
    match operation:
        case Write():
            return WriteResult(*result)
        case Delete():
            return DeleteResult(*result)
        case Read():
            return ReadResult(to_pair(result[0]) if result else None)
        case Increment():
            return IncrementResult(*result)
