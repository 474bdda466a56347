from pathlib import Path

import pytest
from authorization_service.tests.people import Person, log_in_as_administrator, register

from testing.command_line import CommandLine
from testing.processes import ROOT, Service, Tarantool


@pytest.fixture
def anna(authorization_service: Service) -> Person:
    """A new user, under another name in each test."""
    return register(authorization_service)


@pytest.fixture
def administrator(authorization_service: Service, run_folder: Path) -> Person:
    return log_in_as_administrator(authorization_service, run_folder / "authorization_service")


@pytest.fixture
def command(tmp_path: Path, authorization_service: Service, authorization_tarantool: Tarantool) -> CommandLine:
    """The command line of the running service."""
    assert authorization_service.is_running()
    return CommandLine(tmp_path, authorization_tarantool)


def make_telling_tarantool(folder: Path, **environment: str) -> Tarantool:
    """Return a Tarantool, to be started, whose service may read all events."""
    infrastructure = ROOT / "tarantool_infra"
    telling = folder / "telling.lua"
    telling.write_text(
        f"package.path = '{infrastructure}/?.lua;' .. package.path\n"
        "local instance = require('common.instance')\n"
        "local start = instance.start\n"
        "instance.start = function(settings)\n"
        "    table.insert(settings.readable_spaces, 'events')\n"
        "    start(settings)\n"
        "end\n"
        f"arg[0] = '{infrastructure}/authorization_tarantool/init.lua'\n"
        "dofile(arg[0])\n"
    )
    server = Tarantool("authorization", folder, **environment)
    server._command = ["tarantool", str(telling)]
    return server
