"""The contracts about pairs, kept by Tarantool."""

import pytest
from key_value_service.tests.pair_ranges_contract import PairRangesContract
from key_value_service.tests.pair_repository_contract import PairRepositoryContract
from key_value_service.tests.single_pair_contract import SinglePairContract

from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection


@pytest.fixture
def pairs(connection: TarantoolConnection) -> TarantoolPairRepository:
    return TarantoolPairRepository(connection)


@pytest.fixture
def ranges(connection: TarantoolConnection) -> TarantoolPairRanges:
    return TarantoolPairRanges(connection)


class TestTarantoolPairRepository(PairRepositoryContract):
    pass


class TestSinglePairs(SinglePairContract):
    pass


class TestTarantoolPairRanges(PairRangesContract):
    pass
