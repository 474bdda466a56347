"""The contract of EventRepository, kept by the fake of the unit tests."""

from collections.abc import Sequence

import pytest
from authorization_service.tests.event_repository_contract import EventRepositoryContract, Log
from authorization_service.tests.fake_events import InMemoryEventRepository
from authorization_service.tests.fakes import InMemoryUserRepository

from authorization_service.domain.events.domain_event import DomainEvent


class TestInMemoryEventRepository(EventRepositoryContract):
    @pytest.fixture
    def log(self) -> Log:
        users = InMemoryUserRepository()

        async def happen(events: Sequence[DomainEvent]) -> None:
            users.events += events

        return Log(InMemoryEventRepository(users), users, happen, 0)
