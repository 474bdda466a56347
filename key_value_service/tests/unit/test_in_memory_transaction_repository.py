"""The repository that the use case is tested with keeps its port's promises."""

import pytest
from key_value_service.tests.fakes import InMemoryPairRepository, InMemoryTransactionRepository
from key_value_service.tests.transaction_repository_contract import Store, TransactionRepositoryContract


class TestInMemoryTransactionRepository(TransactionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        pairs = InMemoryPairRepository()
        return Store(pairs, InMemoryTransactionRepository(pairs))
