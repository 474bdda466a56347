"""The repositories that the use cases are tested with keep their ports' promises."""

import pytest
from authorization_service.tests.changed_user_contract import ChangedUserContract
from authorization_service.tests.fake_rights import InMemoryGrantRepository, InMemoryGroupRepository
from authorization_service.tests.fakes import InMemoryUserRepository
from authorization_service.tests.rights_contract import Repositories, RightsContract


class TestChangedUsersInMemory(ChangedUserContract):
    @pytest.fixture
    def users(self) -> InMemoryUserRepository:
        return InMemoryUserRepository()


class TestRightsInMemory(RightsContract):
    @pytest.fixture
    def store(self) -> Repositories:
        users = InMemoryUserRepository()
        groups = InMemoryGroupRepository(users)
        return Repositories(users, groups, InMemoryGrantRepository(users, groups))
