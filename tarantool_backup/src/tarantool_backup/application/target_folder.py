"""The folder that a backup is restored to."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tarantool_backup.domain.failures import BackupError

_PARTIAL = ".restore.partial"


@contextmanager
def prepared(directory: Path, *, replaces: bool) -> Iterator[Path]:
    """Make the folder if need be, and yield one in it to restore into, while no Tarantool can start there."""
    if not replaces and directory.exists() and any(path.name != _PARTIAL for path in directory.iterdir()):
        raise BackupError(f"{directory} is not empty: move it away, restore beside it, or name --replace")
    is_new = not directory.exists()
    partial = directory / _PARTIAL
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(directory):
            try:
                yield partial
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise BackupError(f"cannot restore to {directory}: {error.strerror}") from error
    finally:
        if is_new and directory.exists() and not any(directory.iterdir()):
            directory.rmdir()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the lock that a Tarantool has on the folder of its log while it runs."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"a Tarantool runs in {directory}: stop it first") from error
        yield
    finally:
        os.close(descriptor)


def put_in_place(partial: Path, directory: Path) -> None:
    """Move what is in the folder away, and what was restored into it: a mount point itself cannot be renamed."""
    before = [path for path in directory.iterdir() if path != partial and not path.name.startswith("before_")]
    if before:
        kept = directory / f"before_restore_{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        kept.mkdir(mode=0o700)
        for path in before:
            path.rename(kept / path.name)
    for path in partial.iterdir():
        path.rename(directory / path.name)
