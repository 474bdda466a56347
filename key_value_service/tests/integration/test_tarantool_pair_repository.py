"""Tarantool's repositories of pairs: their contracts."""

import pytest

from key_value_service.infrastructure.db.repositories.tarantool_pair_history import TarantoolPairHistory
from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from key_value_service.infrastructure.db.repositories.tarantool_transaction_repository import TarantoolTransactionRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.key_value.bytes_contract import BytesContract
from test_support.key_value.children_contract import ChildrenContract
from test_support.key_value.idempotency_contract import IdempotencyContract
from test_support.key_value.pair_history_contract import PairHistoryContract
from test_support.key_value.pair_ranges_contract import PairRangesContract
from test_support.key_value.pair_repository_contract import PairRepositoryContract
from test_support.key_value.single_pair_contract import SinglePairContract


@pytest.fixture
def pairs(connection: TarantoolConnection) -> TarantoolPairRepository:
    return TarantoolPairRepository(connection)


@pytest.fixture
def ranges(connection: TarantoolConnection) -> TarantoolPairRanges:
    return TarantoolPairRanges(connection)


@pytest.fixture
def history(connection: TarantoolConnection) -> TarantoolPairHistory:
    return TarantoolPairHistory(connection)


@pytest.fixture
def transactions(connection: TarantoolConnection) -> TarantoolTransactionRepository:
    return TarantoolTransactionRepository(connection)


class TestTarantoolPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestIdempotency(IdempotencyContract):
    pass


class TestTarantoolPairRanges(PairRangesContract):
    pass


class TestChildren(ChildrenContract):
    pass


class TestTarantoolPairHistory(PairHistoryContract):
    pass


class TestBytes(BytesContract):
    pass
