"""Use case: run a transaction."""

from key_value_service.application.access import allows, require_keys
from key_value_service.application.transactions.transaction_repository import (
    IncrementResult,
    Outcome,
    TransactionRepository,
)
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.transaction import Transaction
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class RunTransaction:
    """Run a transaction. Requires the scope `write:` on each key that it may change, and `read:` where values are read.

    A pair that is compared in another way requires either or, where nothing can be changed, `read:`. Both branches count,
    whichever is taken. A caller without `read:` on its key does not receive the sum of an increment.
    """

    def __init__(self, transactions: TransactionRepository) -> None:
        self._transactions = transactions

    async def __call__(
        self, caller: Caller, namespace: str, transaction: Transaction, idempotency_key: IdempotencyKey | None = None
    ) -> Outcome:
        """Run the transaction.

        Raises InsufficientScopeError, RulesBrokenError if no namespace may have the name or too much is read,
        NoSuchNamespaceError, OperationRefusedError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        _check(caller, namespace, transaction)
        outcome = await self._transactions.run(namespace, transaction, idempotency_key)
        operations = transaction.then if outcome.succeeded else transaction.otherwise
        results = [
            result._replace(value=None)
            if isinstance(result, IncrementResult) and not allows(caller, Action.READ, namespace, operation.key)
            else result
            for operation, result in zip(operations, outcome.results, strict=True)
        ]
        return outcome._replace(results=results)


def _check(caller: Caller, namespace: str, transaction: Transaction) -> None:
    if not transaction.changes:
        require_keys(caller, Action.READ, namespace, transaction.read_keys, transaction.compared_keys)
        return
    require_keys(caller, Action.WRITE, namespace, transaction.changed_keys)
    read_keys = [
        *transaction.read_keys,
        *(key for key in transaction.compared_keys if not allows(caller, Action.WRITE, namespace, key)),
    ]
    if read_keys:
        require_keys(caller, Action.READ, namespace, read_keys)
