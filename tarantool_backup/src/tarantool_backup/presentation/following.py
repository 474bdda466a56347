"""What `backup follow` says and does beside storing the log."""

import sys
from pathlib import Path

import typer

from tarantool_backup.application.find_backups import prune_backups
from tarantool_backup.application.follow_log import Progress
from tarantool_backup.application.ports import ObjectStore
from tarantool_backup.domain.failures import BackupError
from tarantool_backup.domain.retention import Retention


def touch(status: Path | None) -> None:
    """Set the time of a file, which services watch. Raises BackupError."""
    if status is not None:
        try:
            status.touch(mode=0o644)
        except OSError as error:
            raise BackupError(f"cannot touch {status}: {error.strerror}") from error


def prune_after(objects: ObjectStore, store: str, retention: Retention) -> None:
    """Delete what is not kept. What fails is done when the next backup is begun."""
    try:
        for backup in prune_backups(objects, store, retention, for_real=True):
            typer.echo(f"deleted {backup.folder}", err=True)
    except BackupError as error:
        typer.echo(f"{store}: cannot prune: {error}", err=True)


def tell(before: Progress | None, progress: Progress) -> bool:
    """Write to standard error what has changed: which backup is extended, and what fails. Return whether another is extended."""
    is_new = bool(progress.identifier) and (before is None or before.identifier != progress.identifier)
    if is_new:
        typer.echo(f"{progress.store}: following the log in {progress.identifier}", err=True)
    failed_before = before.failure if before is not None else None
    if progress.failure != failed_before:
        typer.echo(f"{progress.store}: {progress.failure or 'goes on'}", err=True)
    sys.stderr.flush()
    return is_new
