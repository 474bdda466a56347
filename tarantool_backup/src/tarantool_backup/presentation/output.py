"""What commands write."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from tarantool_backup.domain.failures import BackupError


@contextmanager
def show_progress(action: str) -> Iterator[Callable[[int], None]]:
    """Show on standard error, where that is a terminal, how many bytes are done. Yield what counts them."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(action, total=None)
        yield lambda count: progress.advance(task, count)


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table to standard output, with columns as wide as they must be."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def describe_size(size: float) -> str:
    """Return a number of bytes as in `12.3 MiB`."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def describe_time(moment: datetime) -> str:
    """Return a time in UTC, as `--to-moment` takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> datetime:
    """Return the time that a text says (RFC 3339). Raises BackupError where it is none, or has no offset from UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BackupError(f"{text!r} is no time with an offset from UTC, as in 2026-11-28T12:00:00Z")
    return moment
