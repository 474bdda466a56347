"""The contracts of FactorRepository and ChallengeRepository, for the fakes."""

import pytest

from test_support.authorization.factor_repository_contract import FactorRepositoryContract, Store
from test_support.authorization.fake_factors import InMemoryChallengeRepository, InMemoryFactorRepository
from test_support.authorization.fakes import InMemorySessionRepository, InMemoryUserRepository


class TestInMemoryFactorRepository(FactorRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        users = InMemoryUserRepository()
        factors = InMemoryFactorRepository(users)
        sessions = factors.sessions = InMemorySessionRepository(users, has_factors=factors.has_any)
        return Store(users, sessions, factors, InMemoryChallengeRepository(), lambda: users.events)
