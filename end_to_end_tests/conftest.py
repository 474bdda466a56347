"""Both services as they are deployed: the key-value service trusts the authorization service alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.browser import Browser
from test_support.store import Store, running_store


@pytest.fixture
def store_settings() -> dict[str, str]:
    """Settings of the authorization service; a module may override them."""
    return {}


@pytest.fixture
def store_environment() -> dict[str, str]:
    """The environment of all processes of the store, besides their settings; a module may override it."""
    return {}


@pytest.fixture
def key_value_settings() -> dict[str, str]:
    """Settings of the key-value service; a module may override them."""
    return {}


@pytest.fixture
def store(
    tmp_path: Path, store_settings: dict[str, str], key_value_settings: dict[str, str], store_environment: dict[str, str]
) -> Iterator[Store]:
    """A store of the test's own, which it may stop."""
    with running_store(tmp_path, store_settings, key_value_settings, store_environment) as store:
        yield store


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store for tests with users of their own, which do not stop it."""
    with running_store(tmp_path_factory.mktemp("shared_store"), {}) as store:
        yield store


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed: run `make test`, which installs it"
    with Browser(program, tmp_path / "browser") as browser:
        yield browser
