"""Fixtures of the unit tests."""

import pytest

from test_support.key_value.fakes import InMemoryPairRepository


@pytest.fixture
def pairs() -> InMemoryPairRepository:
    return InMemoryPairRepository()
