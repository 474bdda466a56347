"""The contracts about pairs, kept by Tarantool."""

from collections.abc import AsyncIterator

import pytest
from key_value_service.tests.pair_ranges_contract import PairRangesContract
from key_value_service.tests.pair_repository_contract import PairRepositoryContract
from key_value_service.tests.single_pair_contract import SinglePairContract

from key_value_service.infrastructure.db.repositories.tarantool_pair_ranges import TarantoolPairRanges
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


@pytest.fixture
async def connection(key_value_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    server = key_value_tarantool
    connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
    connection.start()
    yield connection
    await connection.close()


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
