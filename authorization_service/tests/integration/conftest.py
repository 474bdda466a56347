from pathlib import Path

import pytest

from test_support.authorization.people import Person, log_in_as_administrator, register
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
