"""The contract of EventRepository, for the fake."""

from collections.abc import Sequence

import pytest

from authorization_service.domain.events.domain_event import DomainEvent
from test_support.authorization.event_repository_contract import EventRepositoryContract, Log
from test_support.authorization.fake_events import InMemoryEventRepository
from test_support.authorization.fakes import InMemoryUserRepository


class TestInMemoryEventRepository(EventRepositoryContract):
    @pytest.fixture
    def log(self) -> Log:
        users = InMemoryUserRepository()

        async def happen(events: Sequence[DomainEvent]) -> None:
            users.events += events

        return Log(InMemoryEventRepository(users), users, happen, 0)
