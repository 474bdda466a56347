"""Options and fixtures of the tests of replica sets: `make test-raft TARANTOOL=/path/to/tarantool-3`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.processes import Service
from test_support.replica_set import NewTarantool, ReplicaSet


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tarantool", help="path of a Tarantool of version 3.3 or later")
    parser.addoption("--kills", type=int, default=10, help="number of leaders that are killed under load")


def pytest_configure(config: pytest.Config) -> None:
    program = config.getoption("tarantool")
    if not program or not Path(program).is_file():
        raise pytest.UsageError("name a Tarantool of version 3.3 or later: make test-raft TARANTOOL=/path/to/tarantool")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    if tuple(map(int, version.split("-")[0].split(".")[:2])) < (3, 3):
        raise pytest.UsageError(f"{program} is Tarantool {version}, and replica sets need 3.3 or later")
    NewTarantool.program = program


@pytest.fixture
def replica_set(tmp_path: Path) -> Iterator[ReplicaSet]:
    """Three members of the key-value service's Tarantool, whole and with a leader."""
    with ReplicaSet("key_value", tmp_path) as replica_set:
        replica_set.wait_until_whole()
        yield replica_set


@pytest.fixture
def service(replica_set: ReplicaSet, tmp_path: Path, jwks_url: str) -> Iterator[Service]:
    """A key-value service that knows all members."""
    with Service(
        "key_value",
        tmp_path / "service",
        replica_set.members[0],
        KEY_VALUE_TARANTOOL_ADDRESSES=replica_set.addresses,
        KEY_VALUE_JWKS_URL=jwks_url,
    ) as service:
        yield service.wait_until_ready()
