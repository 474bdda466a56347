"""The process of `backup`: it puts the parts together, and turns what ends a command into one line and an exit status."""

import os
import sys
from typing import Any, NoReturn

import typer
import typer.main

from tarantool_backup.application.restore_backup import RestoreBackup
from tarantool_backup.domain.failures import BackupError
from tarantool_backup.infrastructure.coding import ZstdAgeCoding
from tarantool_backup.infrastructure.limits import MomentLimit, RevisionLimit
from tarantool_backup.infrastructure.object_store import open_store
from tarantool_backup.infrastructure.tarantool_folder import TarantoolFolder
from tarantool_backup.infrastructure.trial import TarantoolTrial
from tarantool_backup.presentation.cli import make_app
from tarantool_backup.presentation.parts import Parts

_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that the arguments name. Exit status 1: it was not done; 2: it was named wrongly."""
    os.umask(0o077)  # no other user of the machine may read what is restored, or stored in a folder
    try:
        make_command().main(sys.argv[1:], prog_name="backup", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_INTERRUPTED)
    except typer.TyperException as error:
        sys.exit(_report(" ".join(error.format_message().split()), error.exit_code))
    except BackupError as error:
        sys.exit(_report(str(error), 1))
    sys.exit(0)


def make_command() -> Any:
    """Return the command, with all that it needs."""
    app = make_app(Parts(open_store, TarantoolFolder, ZstdAgeCoding, MomentLimit, RevisionLimit, RestoreBackup, TarantoolTrial()))
    return typer.main.get_command(app)


def _report(message: str, status: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return status
