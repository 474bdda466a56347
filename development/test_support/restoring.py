"""Copies of a Tarantool's data, as an operator makes them with `cp`, and puts them back."""

import shutil
from pathlib import Path

from test_support.administration import ADMIN_SOCKET
from test_support.processes import Tarantool


def copy_data(server: Tarantool, target: Path) -> Path:
    """Copy the data of a server that may be running; return where they are."""
    shutil.copytree(server.directory, target, ignore=shutil.ignore_patterns(ADMIN_SOCKET))
    return target


def put_back(server: Tarantool, copy: Path) -> None:
    """Kill a server, replace its data by a copy, and start it."""
    server.kill()
    shutil.rmtree(server.directory)
    shutil.copytree(copy, server.directory)
    server.start()
