"""The contract of PairRepository, kept by Tarantool."""

from collections.abc import AsyncIterator

import pytest
from key_value_service.tests.pair_repository_contract import PairRepositoryContract

from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


class TestTarantoolPairRepository(PairRepositoryContract):
    @pytest.fixture
    async def pairs(self, key_value_tarantool: Tarantool) -> AsyncIterator[TarantoolPairRepository]:
        server = key_value_tarantool
        connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
        connection.start()
        yield TarantoolPairRepository(connection)
        await connection.close()
