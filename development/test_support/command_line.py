"""Runs `authorization-service …` as an operator does."""

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
    """What a person sees who runs a command, and where that person types."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.shown = ""
        self._descriptor = descriptor

    def answer(self, question: str, answer: str) -> None:
        """Type a line once the question stands at the end."""
        while not self.shown.endswith(question):
            assert self._read(), self.shown
        os.write(self._descriptor, f"{answer}\n".encode())

    def wait(self) -> int:
        """Return the exit status once the command has ended and all is read."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        try:
            some = os.read(self._descriptor, 4096)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += some.decode()
        return bool(some)


class CommandLine:
    """A shell in a folder of its own, with the settings of a service with this Tarantool."""

    def __init__(self, folder: Path, tarantool: Tarantool, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "AUTHORIZATION_TARANTOOL_PORT": str(tarantool.port),
            "AUTHORIZATION_TARANTOOL_PASSWORD_FILE": str(tarantool.password_file),
        } | settings

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command that may fail; it reads what is typed from standard input, which is no terminal, and never shows it."""
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
        """Return what a command writes, that must succeed and have nothing to complain about."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    def read_json(self, *arguments: str, typed: str = "") -> Any:
        """Return what a command answers to a script."""
        finished = self.run(*arguments, "--json", typed=typed)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def refuse(self, *arguments: str, typed: str = "") -> list[str]:
        """Return the lines in which a command tells why it did nothing."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stdout) == (1, ""), finished
        lines = finished.stderr.splitlines()
        assert all(line.startswith("error: ") for line in lines), finished.stderr
        return [line.removeprefix("error: ") for line in lines]

    def misuse(self, *arguments: str, typed: str = "") -> str:
        """Return what a command says that was used wrongly."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stdout) == (2, ""), finished
        return finished.stderr
