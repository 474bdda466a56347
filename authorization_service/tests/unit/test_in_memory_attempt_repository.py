"""The contract of AttemptRepository, for the fake."""

import pytest

from authorization_service.domain.events.domain_event import DomainEvent
from test_support.authorization.attempt_repository_contract import AttemptRepositoryContract, Make, ReadRecorded
from test_support.authorization.fake_attempts import Clock, InMemoryAttemptRepository
from test_support.authorization.fake_events import to_data


class TestInMemoryAttemptRepository(AttemptRepositoryContract):
    @pytest.fixture
    def events(self) -> list[DomainEvent]:
        return []

    @pytest.fixture
    def make(self, clock: Clock, events: list[DomainEvent]) -> Make:
        attempts = None

        def make(policy: object) -> InMemoryAttemptRepository:
            nonlocal attempts
            if attempts is None:
                attempts = InMemoryAttemptRepository(policy, clock, events)  # type: ignore[arg-type]
            return attempts

        return make

    @pytest.fixture
    def read_recorded(self, events: list[DomainEvent]) -> ReadRecorded:
        return lambda user_id: [(type(event).__name__, to_data(event)) for event in events if event.user_id == user_id]
