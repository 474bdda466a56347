"""Where transactions are done."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.transaction import Transaction
from key_value_service.domain.value_objects.value import JsonText


class WriteResult(NamedTuple):
    """The pair's revision, and whether there was none before."""

    revision: int
    is_new: bool


class DeleteResult(NamedTuple):
    """Whether there was a pair."""

    existed: bool


class ReadResult(NamedTuple):
    """The pair, if there was one."""

    pair: Pair | None


class IncrementResult(NamedTuple):
    """The number's JSON text, None for a caller that may not read, the pair's revision, and whether there was none before."""

    value: JsonText | None
    revision: int
    is_new: bool


OperationResult = WriteResult | DeleteResult | ReadResult | IncrementResult


class Outcome(NamedTuple):
    """Whether all comparisons held, the results of the operations of that branch, and the namespace's revision then."""

    succeeded: bool
    results: Sequence[OperationResult]
    revision: int


class TransactionRepository(Protocol):
    """Shares its pairs with a PairRepository, and promises what that does."""

    async def run(self, namespace: str, transaction: Transaction) -> Outcome:
        """Compare, and do all operations of one branch, each seeing what those before it did; or do nothing.

        Raises NoSuchNamespaceError, OperationRefusedError, QuotaExceededError, StoreFullError, StoreUnavailableError, or
        AnswerTooLargeError if what is read adds up to more than MAX_ANSWER_BYTES.
        """
        ...
