"""Runs `authorization-service …` as an operator does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from testing.processes import Tarantool

SCRIPT = Path(sys.executable).parent / "authorization-service"


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
        """Run a command that may fail; it reads what is typed from standard input, which is no terminal."""
        return subprocess.run(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __call__(self, *arguments: str, typed: str = "") -> str:
        """Return what a command writes, that must succeed and have nothing to complain about."""
        finished = self.run(*arguments, typed=typed)
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    def read_json(self, *arguments: str, typed: str = "") -> Any:
        """Return what a command answers to a script."""
        return json.loads(self(*arguments, "--json", typed=typed))

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
