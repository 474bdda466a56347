"""The contracts of changed users, groups and grants, for Tarantool."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from authorization_service.infrastructure.db.repositories.tarantool_grant_repository import TarantoolGrantRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from test_support.authorization.changed_user_contract import ChangedUserContract
from test_support.authorization.rights_contract import Repositories, RightsContract
from test_support.connections import connected
from test_support.processes import Tarantool


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Repositories]:
    """The repositories on the test's own Tarantool: which administrator is the last one depends on all users."""
    with Tarantool("authorization", tmp_path, TARANTOOL_WAL_MODE="write") as server:
        async with connected(server) as connection:
            yield Repositories(
                TarantoolUserRepository(connection), TarantoolGroupRepository(connection), TarantoolGrantRepository(connection)
            )


class TestChangedUsersInTarantool(ChangedUserContract):
    @pytest.fixture
    def users(self, store: Repositories) -> TarantoolUserRepository:
        assert isinstance(store.users, TarantoolUserRepository)
        return store.users


class TestRightsInTarantool(RightsContract):
    pass
