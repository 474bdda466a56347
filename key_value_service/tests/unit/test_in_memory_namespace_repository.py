"""The in-memory NamespaceRepository of the unit tests fulfils its contract."""

import pytest

from test_support.key_value.in_memory_namespaces import InMemoryNamespaceRepository
from test_support.key_value.namespace_repository_contract import NamespaceRepositoryContract


class TestInMemoryNamespaceRepository(NamespaceRepositoryContract):
    @pytest.fixture
    def namespaces(self) -> InMemoryNamespaceRepository:
        self.kept = InMemoryNamespaceRepository()
        return self.kept

    async def fill(self, name: str, pairs: int) -> None:
        self.kept.fill(name, pairs)
