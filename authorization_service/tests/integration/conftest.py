import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.authorization.signing_in import Browser, RegisteredClient
from test_support.browser import Browser as Chromium
from test_support.command_line import CommandLine
from test_support.processes import Service


@pytest.fixture
def anna(authorization_service: Service) -> Person:
    """A new user, under another name in each test."""
    return register(authorization_service)


@pytest.fixture
def administrator(authorization_service: Service, run_folder: Path) -> Person:
    return log_in_as_administrator(authorization_service, run_folder / "authorization_service")


@pytest.fixture
def command(tmp_path: Path, authorization_service: Service) -> CommandLine:
    """The command line of the running service."""
    assert authorization_service.is_running()
    return CommandLine(tmp_path, authorization_service.tarantool)


@pytest.fixture
def browser(authorization_service: Service) -> Iterator[Browser]:
    """A browser that has not been at the service's pages."""
    with Browser(authorization_service.url) as browser:
        yield browser


@pytest.fixture
def client(administrator: Person, authorization_service: Service) -> RegisteredClient:
    """A new public first-party client that users sign in to."""
    return RegisteredClient.register(administrator, authorization_service.url)


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chromium]:
    """A Chromium that has visited nothing yet."""
    program = shutil.which("chromium")
    assert program is not None, "Chromium is not installed: run `make test`, which installs it"
    with Chromium(program, tmp_path / "profile", "--accept-lang=en") as chromium:
        yield chromium
