"""The fake keeps the contract of the real one."""

import pytest
from authorization_service.tests.fake_keys import InMemorySigningKeyRepository
from authorization_service.tests.signing_key_repository_contract import SigningKeyRepositoryContract


class TestSigningKeysInMemory(SigningKeyRepositoryContract):
    @pytest.fixture
    def keys(self) -> InMemorySigningKeyRepository:
        return InMemorySigningKeyRepository()
