"""`kv` as a process, with a home of its own, against both services."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from test_support.command_line import Terminal
from test_support.store import Store

SCRIPT = str(Path(sys.executable).parent / "kv")


class Running:
    """A command that is running."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.output, self.errors = process, process.stdout, process.stderr

    def read_line(self) -> str:
        """Return the next line of the output."""
        return self.output.readline().decode()

    def read_error(self) -> str:
        """Return the next line of standard error."""
        return self.errors.readline().decode()


class Kv:
    """A shell with a home folder of its own."""

    def __init__(self, home: Path, store: Store, **environment: str) -> None:
        self.home = home
        self.store = store
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm"} | environment
        self.revision = 0
        self.tokens = home / ".local/state/kv/default.json"
        self.password_file = home / "password"
        self.password_file.write_text(store.administrator_password)

    def at(self, number: int) -> int:
        """Return the revision of a change of the new namespace, counted from 1: namespaces begin above what deleted ones had."""
        return self.revision + number

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Running"]:
        """Run a command during the block."""
        with subprocess.Popen(
            [SCRIPT, *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def run(self, *arguments: str, typed: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a command that may fail, without a terminal."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run(
            [SCRIPT, *arguments], cwd=self.home, env=self.environment, input=typed, timeout=60, check=False, **pipes
        )

    def __call__(self, *arguments: str, typed: bytes = b"") -> str:
        """Return the output of a command, which must succeed without a word on standard error."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stderr) == (0, b"")
        return finished.stdout.decode()

    def read(self, *arguments: str, typed: bytes = b"") -> list[Any]:
        """Return the objects of a command's JSON output."""
        return [json.loads(line) for line in self(*arguments, "--output", "json", typed=typed).splitlines()]

    def refuse(self, status: int, *arguments: str, typed: bytes = b"") -> str:
        """Return the line with which a command fails with an exit status."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stdout) == (status, b""), finished
        return only_line(finished.stderr)

    @contextmanager
    def at_terminal(self, *arguments: str) -> Iterator[Terminal]:
        """Run a command at a terminal."""
        ours, theirs = os.openpty()
        command = ["setsid", "--ctty", SCRIPT, *arguments]
        with subprocess.Popen(
            command, cwd=self.home, env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            try:
                yield Terminal(process, ours)
            finally:
                process.kill()
                os.close(ours)

    def show(self, *arguments: str) -> str:
        """Return what a terminal shows of a command, which must succeed."""
        with self.at_terminal(*arguments) as terminal:
            assert terminal.wait() == 0, terminal.shown
            return terminal.shown.replace("\r\n", "\n")

    def log_in(self) -> "Kv":
        """Log in as the administrator."""
        self("login", "--url", self.store.key_value.url, "--username", "admin", "--password-file", str(self.password_file))
        return self


def only_line(output: bytes) -> str:
    """Return the only line of an error output, without its mark."""
    (line,) = output.decode().splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def give_grants(store: Store, *grants: str) -> None:
    """Give the administrator grants."""
    command_line = Path(sys.executable).parent / "authorization-service"
    settings = {
        "PATH": os.environ["PATH"],
        "AUTHORIZATION_TARANTOOL_PORT": str(store.authorization_tarantool.port),
        "AUTHORIZATION_TARANTOOL_PASSWORD_FILE": str(store.authorization_tarantool.password_file),
    }
    for grant in grants:
        subprocess.run([command_line, "grants", "give", grant, "--user", "admin"], env=settings, check=True, capture_output=True)


@pytest.fixture(scope="session")
def logged_in(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Kv:
    """A shell in which somebody has logged in, for tests that do not log out."""
    give_grants(store, "admin:*")
    return Kv(tmp_path_factory.mktemp("home"), store).log_in()


@pytest.fixture
def kv(logged_in: Kv) -> Iterator[Kv]:
    """The same shell with a new namespace, which commands use that name none."""
    name = f"cli-{uuid4().hex}"
    logged_in("ns", "create", name)
    logged_in.environment["KV_NAMESPACE"] = name
    logged_in.revision = logged_in.read("stat")[0]["revision"]
    yield logged_in
    del logged_in.environment["KV_NAMESPACE"]
    logged_in("ns", "delete", name, "--force", "--yes")


@pytest.fixture
def shell(store: Store, tmp_path: Path) -> Kv:
    """A shell in which nobody has logged in."""
    return Kv(tmp_path, store)
