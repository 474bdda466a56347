"""What the tests of all examples share, wherever a process of the test run takes several of their files."""

from collections.abc import Iterator

import pytest

from test_support.store import Store, running_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Both services. An application has a service account and namespaces of its own there."""
    with running_store(tmp_path_factory.mktemp("store"), {}) as store:
        yield store
