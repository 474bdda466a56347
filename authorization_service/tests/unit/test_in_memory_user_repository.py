"""The contract of UserRepository, for the fake."""

import pytest

from test_support.authorization.fakes import InMemoryUserRepository
from test_support.authorization.user_repository_contract import UserRepositoryContract


class TestInMemoryUserRepository(UserRepositoryContract):
    @pytest.fixture
    def users(self) -> InMemoryUserRepository:
        return InMemoryUserRepository()
