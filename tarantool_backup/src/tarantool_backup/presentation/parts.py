"""What the commands are made of; the composition makes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tarantool_backup.application.ports import Coding, DataFolder, Limit, ObjectStore, Trial
from tarantool_backup.application.restore_backup import RestoreBackup


@dataclass(frozen=True)
class Parts:
    """Each may raise BackupError."""

    open_store: Callable[[str], ObjectStore]
    open_folder: Callable[[Path], DataFolder]
    make_coding: Callable[[Sequence[str], Path | None], Coding]
    """Of recipients, and of the file of an identity."""
    limit_to_moment: Callable[[datetime], Limit]
    limit_to_revision: Callable[[str, int], Limit]
    restore: Callable[[ObjectStore, Coding], RestoreBackup]
    trial: Trial
