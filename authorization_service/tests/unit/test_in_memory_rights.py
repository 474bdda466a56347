"""The contracts of GroupRepository and GrantRepository, for the fakes."""

import pytest

from test_support.authorization.changed_user_contract import ChangedUserContract
from test_support.authorization.fake_rights import InMemoryGrantRepository, InMemoryGroupRepository
from test_support.authorization.fakes import InMemoryUserRepository
from test_support.authorization.rights_contract import Repositories, RightsContract


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
