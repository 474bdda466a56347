"""The contract of UserRepository, kept by Tarantool."""

from collections.abc import AsyncIterator

import pytest
from authorization_service.tests.user_repository_contract import UserRepositoryContract

from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


class TestTarantoolUserRepository(UserRepositoryContract):
    @pytest.fixture
    async def users(self, authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolUserRepository]:
        server = authorization_tarantool
        connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
        connection.start()
        yield TarantoolUserRepository(connection)
        await connection.close()
