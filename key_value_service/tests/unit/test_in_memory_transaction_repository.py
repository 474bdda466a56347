"""The in-memory TransactionRepository of the unit tests fulfils its contract."""

import pytest

from test_support.key_value.in_memory_pairs import InMemoryPairRepository
from test_support.key_value.in_memory_transactions import InMemoryTransactionRepository
from test_support.key_value.transaction_repository_contract import Store, TransactionRepositoryContract


class TestInMemoryTransactionRepository(TransactionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        pairs = InMemoryPairRepository()
        return Store(pairs, InMemoryTransactionRepository(pairs))
