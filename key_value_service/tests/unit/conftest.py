"""Fixtures of the unit tests."""

import pytest

from test_support.key_value.in_memory_pairs import InMemoryPairRepository


@pytest.fixture
def pairs() -> InMemoryPairRepository:
    return InMemoryPairRepository()
