"""The repository that the use cases are tested with keeps its ports' promises."""

import pytest

from test_support.key_value.fakes import InMemoryPairRepository
from test_support.key_value.pair_ranges_contract import PairRangesContract
from test_support.key_value.pair_repository_contract import PairRepositoryContract
from test_support.key_value.single_pair_contract import SinglePairContract


@pytest.fixture
def ranges(pairs: InMemoryPairRepository) -> InMemoryPairRepository:
    return pairs


class TestInMemoryPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestPairRanges(PairRangesContract):
    pass
