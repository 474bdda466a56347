"""The repository that the use cases are tested with keeps its port's promises."""

import pytest
from authorization_service.tests.fakes import InMemoryUserRepository
from authorization_service.tests.user_repository_contract import UserRepositoryContract


class TestInMemoryUserRepository(UserRepositoryContract):
    @pytest.fixture
    def users(self) -> InMemoryUserRepository:
        return InMemoryUserRepository()
