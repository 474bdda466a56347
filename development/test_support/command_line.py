"""Run `authorization-service …` as an operator does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .processes import Tarantool

SCRIPT = Path(sys.executable).parent / "authorization-service"


class Terminal:
    """A pseudo-terminal of a running command: what is shown, and typing."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.shown = ""
        self._descriptor = descriptor

    def answer(self, question: str, answer: str) -> None:
        """Type a line once the output ends with the question."""
        while not self.shown.endswith(question):
            assert self._read(), self.shown
        os.write(self._descriptor, f"{answer}\n".encode())

    def wait(self) -> int:
        """Read until the command ends; return its exit status."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        try:
            some = os.read(self._descriptor, 4096)
        except OSError:  # the other end is closed
            return False
        self.shown += some.decode()
        return bool(some)


class CommandLine:
    """A shell in its own folder, with the settings of a service that uses this Tarantool."""

    def __init__(self, folder: Path, tarantool: Tarantool, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "AUTHORIZATION_TARANTOOL_PORT": str(tarantool.port),
            "AUTHORIZATION_TARANTOOL_PASSWORD_FILE": str(tarantool.password_file),
        } | settings

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command that may fail. `typed` is its standard input, no terminal; it must not appear in the output."""
        finished = subprocess.run(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for secret in typed.split("\n"):
            assert not secret or secret not in finished.stdout + finished.stderr
        return finished

    @contextmanager
    def at_terminal(self, *arguments: str) -> Iterator["Terminal"]:
        """Run a command at a terminal."""
        ours, theirs = os.openpty()
        with subprocess.Popen(
            ["setsid", "--ctty", SCRIPT, *arguments],
            cwd=self.folder,
            env=self.environment | {"TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            try:
                yield Terminal(process, ours)
            finally:
                process.kill()
                os.close(ours)

    def __call__(self, *arguments: str, typed: str = "") -> str:
        """Return the output of a command, which must succeed without writing errors."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    def read_json(self, *arguments: str, typed: str = "") -> Any:
        """Return the JSON output of a command, which must succeed."""
        finished = self.run(*arguments, "--json", typed=typed)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def refuse(self, *arguments: str, typed: str = "") -> list[str]:
        """Return the error lines of a command, which must be refused (exit status 1)."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stdout) == (1, ""), finished
        lines = finished.stderr.splitlines()
        assert all(line.startswith("error: ") for line in lines), finished.stderr
        return [line.removeprefix("error: ") for line in lines]

    def misuse(self, *arguments: str, typed: str = "") -> str:
        """Return the errors of a command that is used wrongly (exit status 2)."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stdout) == (2, ""), finished
        return finished.stderr
