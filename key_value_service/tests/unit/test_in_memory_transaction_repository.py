"""The repository that the use case is tested with keeps its port's promises."""

import pytest

from test_support.key_value.fakes import InMemoryPairRepository, InMemoryTransactionRepository
from test_support.key_value.transaction_repository_contract import Store, TransactionRepositoryContract


class TestInMemoryTransactionRepository(TransactionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        pairs = InMemoryPairRepository()
        return Store(pairs, InMemoryTransactionRepository(pairs))
