"""A repository in a folder, and the command `backup` as a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import tarantool

from test_support.processes import ProcessUnderTest, Tarantool

COMMAND = str(Path(sys.executable).parent / "backup")
STORE = "data"  # the name of the folder of a Tarantool under test


class Backup:
    """The command with one repository."""

    def __init__(self, repository: Path | str, folder: Path, **environment: str) -> None:
        self.repository = repository
        self._folder = folder
        self.environment = {"BACKUP_REPOSITORY": str(repository), "PATH": os.environ["PATH"], **environment}

    def __call__(self, *arguments: object) -> str:
        """Run a command that must be done; return its output."""
        finished = self._run(*arguments)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def refuse(self, *arguments: object) -> str:
        """Run a command that must not be done; return its one line on standard error."""
        finished = self._run(*arguments)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert finished.stderr.startswith("error: ")
        assert finished.stderr.count("\n") == 1
        return finished.stderr.removeprefix("error: ").rstrip("\n")

    @contextmanager
    def follow(self, *arguments: object) -> Iterator[ProcessUnderTest]:
        """Run `follow` during the block."""
        command = [COMMAND, "follow", *map(str, arguments)]
        with ProcessUnderTest(command, self.environment, self._folder / "follow.log") as process:
            yield process

    def objects(self) -> list[Path]:
        """Return the stored objects, of a repository in a folder."""
        return sorted(path for path in Path(self.repository).rglob("*") if path.is_file())

    def _run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            check=False,
            env=self.environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=120,
        )


class Client:
    """Calls the stored functions of a key-value Tarantool, as its service does."""

    def __init__(self, server: Tarantool) -> None:
        self._server = server

    def call(self, function: str, *arguments: object) -> Any:
        """Return the result of a call."""
        server = self._server
        with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
            return connection.call(function, *arguments)[0]

    def write(self, data: dict[str, object], namespace: str = "default") -> int:
        """Write pairs: JSON texts, or arrays with bytes; return the revision."""
        revision: int = self.call("key_value.write", namespace, [*map(list, data.items())], None, False, {})[0]
        return revision

    def read(self, namespace: str = "default") -> dict[str, object]:
        """Return all pairs of a namespace."""
        pairs, *_ = self.call("ranges.list", namespace, "", None, 20_000, 2**30, False, False)
        return {pair[1]: pair[2] for pair in pairs}

    def revision(self, namespace: str = "default") -> int:
        """Return the revision of a namespace."""
        revision: int = self.call("namespaces.describe", namespace)[2]
        return revision


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path / "repository", tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("key_value", tmp_path / "tarantool") as tarantool:
        yield tarantool


@pytest.fixture
def client(database: Tarantool) -> Client:
    return Client(database)


@contextmanager
def started_on(directory: Path) -> Iterator[Client]:
    """Start a Tarantool on restored data, as an operator does."""
    server = Tarantool("key_value", directory.parent / f"started-on-{directory.name}")
    directory.rename(server.directory)
    with server:
        yield Client(server)
