"""The repository that the use cases are tested with keeps its ports' promises."""

import pytest
from key_value_service.tests.fakes import InMemoryPairRepository
from key_value_service.tests.pair_ranges_contract import PairRangesContract
from key_value_service.tests.pair_repository_contract import PairRepositoryContract
from key_value_service.tests.single_pair_contract import SinglePairContract


@pytest.fixture
def pairs() -> InMemoryPairRepository:
    return InMemoryPairRepository()


@pytest.fixture
def ranges(pairs: InMemoryPairRepository) -> InMemoryPairRepository:
    return pairs


class TestInMemoryPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestPairRanges(PairRangesContract):
    pass
