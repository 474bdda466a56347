"""Commands that `kv` runs."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import NoReturn

from key_value_cli.failures import Failure, Status


def run_shell(command: str, variables: Mapping[str, str] | None = None, typed: bytes | None = None) -> int:
    """Run a command in a shell; return its exit status, 128 and the signal's number if a signal ended it."""
    finished = subprocess.run(  # noqa: S602 - the user's own command
        command, shell=True, env={**os.environ, **(variables or {})}, input=typed, check=False
    )
    return finished.returncode if finished.returncode >= 0 else 128 - finished.returncode


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Run a command in this process's place. Raises Failure with 127 or 126, as shells have it."""
    try:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - the user's own command
    except FileNotFoundError:
        raise Failure(f"{command[0]}: command not found", Status.COMMAND_NOT_FOUND) from None
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}", Status.COMMAND_NOT_RUN) from None
