"""The example applications as processes: a service that is asked for `/health`, and commands that end."""

import os
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from test_support.processes import ProcessUnderTest, is_answered_with_200, wait_until


class Application(ProcessUnderTest):
    """`PROGRAM COMMAND`. `port`: where it listens, if its command serves."""

    def __init__(self, program: str, folder: Path, environment: dict[str, str], port: int, *arguments: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        super().__init__([find_program(program), *arguments], environment, folder / f"{arguments[0]}.log")

    def wait_until_ready(self) -> Self:
        """Return when it answers. Fails if its process has ended."""
        wait_until(lambda: self.is_healthy() or not self.is_running(), f"{self.url} answering")
        assert self.is_running(), self.output
        return self

    def is_healthy(self) -> bool:
        """Return whether it answers `/health` with 200."""
        return is_answered_with_200("127.0.0.1", self.port, "/health")


def find_program(name: str) -> str:
    """Return the path of a program of the environment that the tests run in."""
    return str(Path(sys.executable).parent / name)


def run_command(program: str, folder: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command to its end; return its exit status, and the output of this and earlier ones in the folder."""
    process = ProcessUnderTest(
        [find_program(program), *arguments], {"PATH": os.environ["PATH"]} | environment, folder / "command.log"
    )
    with process:
        return process.wait(), process.output


def read_problem(answer: httpx.Response, status: int, kind: str, field: str | None = None) -> dict[str, Any]:
    """Check the status and type of a problem (RFC 9457), and that it names the field; return its members."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    members: dict[str, Any] = answer.json()
    assert members["type"] == f"urn:problem-type:{kind}"
    if field is not None:
        assert field in [each["field"] for each in members["errors"]]
    return members
