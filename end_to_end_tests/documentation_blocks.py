"""The blocks of a page that a reader would paste: found, and run in order, in one shell and one Python namespace."""

import contextlib
import io
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

BLOCK_SECONDS = 120.0
QUIET_SECONDS = 0.3

_BLOCK = re.compile(
    r"(?:^ *<!-- (?:not run: (?P<reason>[^>]+?)|(?P<goes_on>goes on)) -->\n\n?)?"
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
# What differs from run to run, whatever the page shows.
_MASKS = [
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
        (r"\b[0-9a-f]{32}\b", "ID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "TIME"),
        (r"\b\d+\.\d+ ms|\"(\w+)\":\d+\.\d+\b", "DURATION"),
    )
]


@dataclass(frozen=True)
class Block:
    """A block of a page: `sh`, `python`, or a `session`, which shows commands after `$ ` and what they write."""

    line: int
    kind: str
    text: str
    reason: str | None
    """Why it is not run."""
    goes_on: bool = False
    """Whether its last command does not end by itself."""


def find_blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page in order."""
    for found in _BLOCK.finditer(page):
        text = "".join(line.removeprefix(found["indent"]) for line in found["text"].splitlines(keepends=True))
        is_session = not found["kind"] and text.startswith("$ ")
        kind = "session" if is_session else found["kind"]
        if kind in {"sh", "python", "session"}:
            line = page.count("\n", 0, found.start("kind")) + 1
            yield Block(line, kind, text, found["reason"], goes_on=found["goes_on"] is not None)


def split_session(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a session, and what it shows that the command writes."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
        yield "\n".join(lines[:length]), "\n".join(lines[length:]).strip("\n")


def is_shown(expected: str, written: str) -> bool:
    """Return whether that has been written what a page shows; … stands for anything."""
    pattern = ".*".join(map(re.escape, _mask(expected).split("…")))
    return re.fullmatch(pattern, _mask(written).strip("\n"), re.DOTALL) is not None


def _mask(text: str) -> str:
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


class Reader:
    """Runs a page's blocks as its reader would, in a folder, with `addresses` instead of those that pages have."""

    def __init__(self, folder: Path, environment: dict[str, str], addresses: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._addresses = addresses
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "bash", "--noprofile", "--norc"], cwd=self._folder, env=self._environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.communicate()

    def run(self, block: Block) -> None:
        """Run a block. Raises AssertionError where a command fails or writes something else than the page shows."""
        if block.kind == "python":
            self._run_python(self._localize(block.text))
        elif block.kind == "sh":
            status, written = self._run_shell(f"set -e\n{block.text}set +e")
            assert status == 0, written
        else:
            self._run_session(list(split_session(block.text)), goes_on=block.goes_on)

    def _run_session(self, commands: list[tuple[str, str]], *, goes_on: bool) -> None:
        for number, (command, expected) in enumerate(commands, 1):
            until = expected if goes_on and number == len(commands) else None
            status, written = self._run_shell(command, until)
            if not expected:  # the page leaves it out
                assert status == 0, f"$ {command}\n{written}"
            elif until is None:
                assert is_shown(expected, written), f"$ {command}\n{written}\n--- the page shows:\n{expected}"

    def _localize(self, text: str) -> str:
        for shown, real in self._addresses.items():
            text = text.replace(shown, real)
        return text

    def _globalize(self, text: str) -> str:
        for shown, real in self._addresses.items():
            text = text.replace(real, shown)
        return text

    def _run_python(self, text: str) -> None:
        # The library finds the authorization service by itself only where the ports are those that the pages have.
        named = f', authorization_url="{self._environment["KV_AUTHORIZATION_URL"]}"'
        text = re.sub(r'(Client\("http://127\.0\.0\.1:\d+")', rf"\1{named}", text)
        with (
            contextlib.chdir(self._folder),
            contextlib.redirect_stdout(io.StringIO()),
            patch.dict(os.environ, self._environment),
        ):
            exec(compile(text, "a block of the page", "exec"), self._names)  # noqa: S102 - the project's own

    def _run_shell(self, command: str, until: str | None = None) -> tuple[int, str]:
        """Run a command; return its status and output. One that goes on is ended when it has written what it should, `until`."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        end = "end of a command:"
        script = f"{{ {self._localize(command)}\n}} 2>&1 </dev/null\nprintf '\\n%s %s\\n' '{end}' $?\n"
        self._shell.stdin.write(script.encode())
        self._shell.stdin.flush()
        written, deadline = b"", time.monotonic() + BLOCK_SECONDS
        while True:
            if select.select([self._shell.stdout], [], [], QUIET_SECONDS)[0]:
                part = os.read(self._shell.stdout.fileno(), 1 << 16)
                assert part, f"the shell has ended:\n{command}\n{written.decode()}"
                written += part
            text, found, status = written.decode(errors="replace").rpartition(f"\n{end} ")
            if found:
                return int(status), self._globalize(text)
            if until is not None and is_shown(until, self._globalize(written.decode(errors="replace"))):
                self._end_children()
            assert time.monotonic() < deadline, f"{command} is still running, and has written:\n{written.decode()}"

    def _end_children(self) -> None:
        """End what the shell runs."""
        children = Path(f"/proc/{self._shell.pid}/task/{self._shell.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGTERM)
