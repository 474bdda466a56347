"""The contract of UserRepository, for Tarantool."""

from collections.abc import AsyncIterator

import pytest

from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from test_support.authorization.user_repository_contract import UserRepositoryContract
from test_support.connections import connected
from test_support.processes import Tarantool


class TestTarantoolUserRepository(UserRepositoryContract):
    @pytest.fixture
    async def users(self, authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolUserRepository]:
        async with connected(authorization_tarantool) as connection:
            yield TarantoolUserRepository(connection)
