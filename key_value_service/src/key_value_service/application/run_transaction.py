"""Running transactions."""

from key_value_service.application.access import require
from key_value_service.application.transaction_repository import Outcome, TransactionRepository
from key_value_service.domain.value_objects.transaction import Transaction
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class RunTransaction:
    """For callers with the scope `write:` on the namespace, and `read:` where values are told.

    A transaction that cannot change anything needs `read:` alone. Which branch is taken makes no difference.
    """

    def __init__(self, transactions: TransactionRepository) -> None:
        self._transactions = transactions

    async def __call__(self, caller: Caller, namespace: str, transaction: Transaction) -> Outcome:
        """Run it.

        Raises InsufficientScopeError, RulesBrokenError if no namespace can have the name or too much is read,
        NoSuchNamespaceError, OperationRefusedError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        if transaction.changes:
            require(caller, Action.WRITE, namespace)
        if transaction.reads or not transaction.changes:
            require(caller, Action.READ, namespace)
        return await self._transactions.run(namespace, transaction)
