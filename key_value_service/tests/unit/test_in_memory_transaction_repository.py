"""The in-memory TransactionRepository of the unit tests fulfils its contract."""

import pytest

from test_support.key_value.idempotency_contract import IdempotentTransactionContract
from test_support.key_value.in_memory_pairs import InMemoryPairRepository
from test_support.key_value.in_memory_transactions import InMemoryTransactionRepository
from test_support.key_value.transaction_repository_contract import Store, TransactionRepositoryContract


@pytest.fixture
def store() -> Store:
    pairs = InMemoryPairRepository()
    return Store(pairs, InMemoryTransactionRepository(pairs))


class TestInMemoryTransactionRepository(TransactionRepositoryContract):
    pass


class TestIdempotency(IdempotentTransactionContract):
    pass
