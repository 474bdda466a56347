"""The port for transactions."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.transaction import Transaction
from key_value_service.domain.value_objects.value import JsonText


class WriteResult(NamedTuple):
    """Result of a write: the pair's revision, and whether it was created."""

    revision: int
    is_new: bool


class DeleteResult(NamedTuple):
    """Result of a delete: whether the pair existed."""

    existed: bool


class ReadResult(NamedTuple):
    """Result of a read: the pair, if it existed."""

    pair: Pair | None


class IncrementResult(NamedTuple):
    """Result of an increment: the sum as JSON text (None for a caller without `read:`), revision, and whether it was created."""

    value: JsonText | None
    revision: int
    is_new: bool


OperationResult = WriteResult | DeleteResult | ReadResult | IncrementResult


class Outcome(NamedTuple):
    """Whether all comparisons held, the results of the branch that was run, and the namespace's revision afterwards."""

    succeeded: bool
    results: Sequence[OperationResult]
    revision: int


class TransactionRepository(Protocol):
    """Works on the pairs of a PairRepository, with the same guarantees."""

    async def run(self, namespace: str, transaction: Transaction, idempotency_key: IdempotencyKey | None = None) -> Outcome:
        """Compare, then run all operations of one branch, each of which sees the effects of those before it; or do nothing.

        Raises NoSuchNamespaceError, OperationRefusedError, QuotaExceededError, StoreFullError, StoreUnavailableError, or
        AnswerTooLargeError if what is read adds up to more than MAX_ANSWER_BYTES.
        """
        ...
