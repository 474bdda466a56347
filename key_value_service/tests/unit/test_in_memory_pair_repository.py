"""The repository that the use cases are tested with keeps its port's promises."""

import pytest
from key_value_service.tests.fakes import InMemoryPairRepository
from key_value_service.tests.pair_repository_contract import PairRepositoryContract


class TestInMemoryPairRepository(PairRepositoryContract):
    @pytest.fixture
    def pairs(self) -> InMemoryPairRepository:
        return InMemoryPairRepository()
