"""Use case: restore a backup, to its end, a moment or a revision."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tarantool_backup.application.find_backups import find_backups
from tarantool_backup.application.ports import Coding, Limit, ObjectStore
from tarantool_backup.application.target_folder import prepared, put_in_place
from tarantool_backup.domain.backup import Backup, Piece
from tarantool_backup.domain.failures import BackupError

Advance = Callable[[int], None]


class Restored(NamedTuple):
    """What was restored, and whether later changes of the backup were left out."""

    backup: Backup
    is_cut: bool


class RestoreBackup:
    """Restores into a folder, from which a Tarantool can be started. Nothing half done is left there."""

    def __init__(self, objects: ObjectStore, coding: Coding) -> None:
        self._objects = objects
        self._coding = coding

    def __call__(
        self,
        store: str,
        directory: Path,
        identifier: str | None = None,
        limit: Limit | None = None,
        advance: Advance = lambda _: None,
        *,
        replaces: bool = False,
    ) -> Restored:
        """Restore the newest backup, or that with an id, that reaches back to the limit. Raises BackupError.

        The folder is new or empty, or it is that of a Tarantool that does not run, and `replaces` moves what is there to a
        folder `before_restore_…` in it.
        """
        with prepared(directory, replaces=replaces) as partial:
            restored = self._find_and_restore(store, partial, identifier, limit, advance)
            put_in_place(partial, directory)
        return restored

    def _find_and_restore(
        self, store: str, partial: Path, identifier: str | None, limit: Limit | None, advance: Advance
    ) -> Restored:
        candidates = [one for one in find_backups(self._objects, store) if identifier in {None, one.id}]
        if not candidates:
            raise BackupError(f"there is no backup of {store}" + (f" with the id {identifier}" if identifier else ""))
        for backup in reversed(candidates):
            if backup.snapshot_at is None or (limit is not None and limit.is_before(backup)):
                continue
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700)
            restored = self._restore(backup, partial, limit, advance)
            if restored is not None:
                return restored
        raise BackupError("no complete backup goes back as far")

    def _restore(self, backup: Backup, directory: Path, limit: Limit | None, advance: Advance) -> Restored | None:
        snapshot, *logs = backup.files().items()
        self._fetch(backup, directory, snapshot, advance)
        if limit is not None and limit.is_before_snapshot(directory / snapshot[0]):
            return None
        for log in logs:
            self._fetch(backup, directory, log, advance)
        is_cut = limit is not None and limit.cut([directory / name for name, _ in logs])
        return Restored(backup, is_cut)

    def _fetch(self, backup: Backup, directory: Path, file: tuple[str, Sequence[Piece]], advance: Advance) -> None:
        name, pieces = file
        with (directory / name).open("xb") as restored:
            for piece in pieces:
                restored.write(fetch_piece(self._objects, self._coding, backup, piece))
                advance(piece.length)
            restored.flush()
            os.fsync(restored.fileno())


def fetch_piece(objects: ObjectStore, coding: Coding, backup: Backup, piece: Piece) -> bytes:
    """Return a piece as it was in its file. Raises BackupError where it is not what was stored."""
    content = objects.get(f"{backup.folder}/{piece.name}")
    if hashlib.sha256(content).hexdigest() != piece.digest:
        raise BackupError(f"{backup.folder} is broken: the checksum of {piece.file} at byte {piece.offset} differs")
    decoded = coding.decode(content, piece.codings)
    if len(decoded) != piece.length:
        raise BackupError(f"{backup.folder} is broken: the length of {piece.file} at byte {piece.offset} differs")
    return decoded
