"""The files of a Tarantool, read while it runs.

It writes a snapshot under another name until it is whole, only appends to a log, and removes neither before there are two newer
snapshots. So reading is all that a consistent copy needs: no connection, no lock, no rights but to read.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tarantool_backup.application.ports import SourceFile
from tarantool_backup.domain.failures import BackupError


class TarantoolFolder:
    """Implements DataFolder on TARANTOOL_DIRECTORY."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.store = directory.resolve().name

    def find_files(self) -> Sequence[SourceFile]:
        """Return the newest snapshot and the logs from there on, in their order. Raises BackupError where there is none."""
        try:
            snapshots = sorted(self._directory.glob("*.snap"))
            if not snapshots:
                raise BackupError(f"{self._directory} has no snapshot: it is not the folder of a Tarantool")
            newest = snapshots[-1]
            return [_describe(newest), *self.find_logs(newest.name)]
        except OSError as error:
            raise BackupError(f"cannot read {self._directory}: {error.strerror}") from error

    def find_logs(self, since: str) -> Sequence[SourceFile]:
        """Return the logs from a snapshot on, in their order: files are named after the number of the change before them."""
        first = since.removesuffix(".snap")
        found = []
        for path in sorted(self._directory.glob("*.xlog")):
            if path.stem >= first:
                try:
                    found.append(_describe(path))
                except FileNotFoundError:
                    continue  # removed meanwhile: a newer snapshot has it
        return found

    def read(self, file: SourceFile, offset: int, length: int) -> bytes:
        """Return a part of a file. Raises BackupError where it is gone or another one."""
        try:
            with (self._directory / file.name).open("rb") as opened:
                opened.seek(offset)
                content = opened.read(length)
        except OSError as error:
            raise BackupError(f"cannot read {file.name}: {error.strerror}") from error
        if len(content) != length:
            raise BackupError(f"{file.name} has become shorter: it is not the log of a running Tarantool")
        return content


def _describe(path: Path) -> SourceFile:
    status = path.stat()
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return SourceFile(path.name, (status.st_dev, status.st_ino), status.st_size, modified)
