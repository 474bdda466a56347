"""Commands that `kv` runs."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from key_value_cli.failures import Failure, Status


def run_shell(command: str, variables: Mapping[str, str] | None = None, typed: bytes | None = None) -> int:
    """Run a command in a shell; return its exit status, 128 and the signal's number if a signal ended it."""
    finished = subprocess.run(  # noqa: S602 - the user's own command
        command, shell=True, env={**os.environ, **(variables or {})}, input=typed, check=False
    )
    return to_status(finished.returncode)


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Run a command in this process's place. Raises Failure with 127 or 126, as shells have it."""
    with _explaining(command[0]):
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - the user's own command
    raise AssertionError


class Child:
    """A command that runs beside `kv`, which passes signals on to it.

    At a terminal it is in the foreground, as `kv` is, and gets what is typed there. Elsewhere it has a process group of its own:
    signals then reach all that it has started.
    """

    def __init__(self, command: Sequence[str], *, grace: float) -> None:
        self._command = list(command)
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        """Signals that came before the command had begun."""
        self._is_alone = not _is_in_foreground()
        self._is_unwanted = False
        self._has_ended = threading.Event()

    def run(self, variables: Mapping[str, str]) -> int:
        """Run the command; return its exit status. Raises Failure with 127 or 126."""
        with self._passing_on_signals():
            with _explaining(self._command[0]):
                self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                    self._command, env={**os.environ, **variables}, start_new_session=self._is_alone
                )
            for number in self._early:
                self._send(number)
            returned = self._process.wait()
            if self._is_unwanted and self._is_alone:
                self._send(signal.SIGKILL)  # what it has left behind
            self._has_ended.set()
        return to_status(returned)

    def end(self) -> None:
        """Let the command end: by SIGTERM, and after the grace by SIGKILL."""
        self._is_unwanted = True
        self._send(signal.SIGTERM)
        if not self._has_ended.wait(self._grace):
            self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self._process is None:
            self._early.append(number)
        elif not self._has_ended.is_set():
            with suppress(ProcessLookupError):
                (os.killpg if self._is_alone else os.kill)(self._process.pid, number)

    @contextmanager
    def _passing_on_signals(self) -> Iterator[None]:
        """Pass on what arrives, but not what a terminal has sent to the command as well, nor what is ignored, as by nohup."""
        typed = {signal.SIGINT, signal.SIGQUIT}
        others = {signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}

        def handle(number: int, _: object) -> None:
            if self._is_alone or number not in typed:
                self._send(number)

        heard = [number for number in typed | others if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, handle) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def to_status(returned: int) -> int:
    """Return the exit status that a shell has for what `subprocess` returns."""
    return returned if returned >= 0 else 128 - returned


def _is_in_foreground() -> bool:
    """Return whether there is a terminal, and what is typed there reaches this process."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


@contextmanager
def _explaining(program: str) -> Iterator[None]:
    """Let a command that cannot be run end `kv` as it ends a shell."""
    try:
        yield
    except FileNotFoundError:
        raise Failure(f"{program}: command not found", Status.COMMAND_NOT_FOUND) from None
    except OSError as error:
        raise Failure(f"{program}: {error.strerror}", Status.COMMAND_NOT_RUN) from None
