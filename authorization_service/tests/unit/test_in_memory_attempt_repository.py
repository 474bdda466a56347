"""The contract of AttemptRepository, kept by the fake of the unit tests."""

import pytest
from authorization_service.tests.attempt_repository_contract import AttemptRepositoryContract, Make
from authorization_service.tests.fake_attempts import Clock, InMemoryAttemptRepository


class TestInMemoryAttemptRepository(AttemptRepositoryContract):
    @pytest.fixture
    def make(self, clock: Clock) -> Make:
        attempts = None

        def make(policy: object) -> InMemoryAttemptRepository:
            nonlocal attempts
            if attempts is None:
                attempts = InMemoryAttemptRepository(policy, clock)  # type: ignore[arg-type]
            return attempts

        return make
