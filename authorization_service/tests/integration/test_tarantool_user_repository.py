"""The contract of UserRepository, kept by Tarantool."""

from collections.abc import AsyncIterator

import pytest
from authorization_service.tests.user_repository_contract import UserRepositoryContract

from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from testing.connections import connected
from testing.processes import Tarantool


class TestTarantoolUserRepository(UserRepositoryContract):
    @pytest.fixture
    async def users(self, authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolUserRepository]:
        async with connected(authorization_tarantool) as connection:
            yield TarantoolUserRepository(connection)
