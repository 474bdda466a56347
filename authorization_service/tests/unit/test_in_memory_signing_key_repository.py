"""The contract of SigningKeyRepository, for the fake."""

import pytest

from test_support.authorization.fake_keys import InMemorySigningKeyRepository
from test_support.authorization.signing_key_repository_contract import SigningKeyRepositoryContract


class TestSigningKeysInMemory(SigningKeyRepositoryContract):
    @pytest.fixture
    def keys(self) -> InMemorySigningKeyRepository:
        return InMemorySigningKeyRepository()
