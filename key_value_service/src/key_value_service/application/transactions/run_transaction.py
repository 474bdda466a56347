"""Use case: run a transaction."""

from key_value_service.application.access import require
from key_value_service.application.transactions.transaction_repository import (
    IncrementResult,
    OperationResult,
    Outcome,
    TransactionRepository,
)
from key_value_service.domain.value_objects.transaction import Transaction
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action, is_allowed


class RunTransaction:
    """Run a transaction. Requires the scope `write:` on the namespace, and `read:` if values are read.

    A transaction that cannot change anything requires `read:` alone. Both branches count, whichever is taken. A caller without
    `read:` does not receive the sums of increments.
    """

    def __init__(self, transactions: TransactionRepository) -> None:
        self._transactions = transactions

    async def __call__(self, caller: Caller, namespace: str, transaction: Transaction) -> Outcome:
        """Run the transaction.

        Raises InsufficientScopeError, RulesBrokenError if no namespace may have the name or too much is read,
        NoSuchNamespaceError, OperationRefusedError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        if transaction.changes:
            require(caller, Action.WRITE, namespace)
        if transaction.reads or not transaction.changes:
            require(caller, Action.READ, namespace)
        outcome = await self._transactions.run(namespace, transaction)
        if is_allowed(caller.scopes, Action.READ, namespace):
            return outcome
        return outcome._replace(results=[_hide(result) for result in outcome.results])


def _hide(result: OperationResult) -> OperationResult:
    return result._replace(value=None) if isinstance(result, IncrementResult) else result
