"""The in-memory PairRepository, PairRanges and PairHistory of the unit tests fulfil their contracts."""

import pytest

from test_support.key_value.bytes_contract import BytesContract
from test_support.key_value.children_contract import ChildrenContract
from test_support.key_value.idempotency_contract import IdempotencyContract
from test_support.key_value.in_memory_pairs import InMemoryPairRepository
from test_support.key_value.in_memory_transactions import InMemoryTransactionRepository
from test_support.key_value.pair_history_contract import PairHistoryContract
from test_support.key_value.pair_ranges_contract import PairRangesContract
from test_support.key_value.pair_repository_contract import PairRepositoryContract
from test_support.key_value.single_pair_contract import SinglePairContract


@pytest.fixture
def ranges(pairs: InMemoryPairRepository) -> InMemoryPairRepository:
    return pairs


@pytest.fixture
def history(pairs: InMemoryPairRepository) -> InMemoryPairRepository:
    return pairs


@pytest.fixture
def transactions(pairs: InMemoryPairRepository) -> InMemoryTransactionRepository:
    return InMemoryTransactionRepository(pairs)


class TestInMemoryPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestIdempotency(IdempotencyContract):
    pass


class TestPairRanges(PairRangesContract):
    pass


class TestChildren(ChildrenContract):
    pass


class TestPairHistory(PairHistoryContract):
    pass


class TestBytes(BytesContract):
    pass
