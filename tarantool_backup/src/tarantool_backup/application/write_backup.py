"""Use cases: make a backup of a Tarantool that may be running, and extend it by what is written to the log since."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from tarantool_backup.application.ports import Coding, DataFolder, ObjectStore, SourceFile
from tarantool_backup.domain.backup import Piece, complete_name, make_id

PIECE_BYTES = 16 * 1024 * 1024
"""What is read, coded and stored at once: all the memory that a backup needs, a few times."""

Advance = Callable[[int], None]


class LogGoneError(Exception):
    """The backup cannot be extended: Tarantool has removed a log before it was read, its data are others now, or
    the backup was pruned."""


class BackupWriter:
    """Writes one backup. It holds all that was acknowledged before it was begun, and after each `extend`, before that."""

    def __init__(self, objects: ObjectStore, coding: Coding, folder: DataFolder, begun_at: datetime) -> None:
        self._objects = objects
        self._coding = coding
        self._folder = folder
        self.begun_at = begun_at
        self.id = make_id(begun_at)
        self._stored: dict[str, SourceFile] = {}
        self._snapshot: SourceFile
        self._complete = ""

    def begin(self, advance: Advance = lambda _: None) -> int:
        """Store the newest snapshot, and the log from there on. Return how many bytes these have. Raises BackupError."""
        snapshot, *logs = self._folder.find_files()
        for file in (snapshot, *logs):
            self._store(file, 0, advance)
        self._snapshot = snapshot
        del self._stored[snapshot.name]
        self._complete = f"{self._folder.store}/{self.id}/{complete_name(snapshot.modified)}"
        self._objects.put(self._complete, b"")
        return snapshot.size + sum(log.size for log in logs)

    def extend(self) -> int:
        """Store what was written to the log since; return how many bytes that was. Raises BackupError or LogGoneError."""
        added = 0
        logs = self._folder.find_logs(since=self._snapshot.name)
        present = {log.name: log for log in logs}
        newest = max(self._stored, default="")
        for name, known in self._stored.items():
            log = present.get(name)
            if log is None and name < newest:  # it was read to its end before the next one was begun
                continue
            if log is None or log.identity != known.identity or log.size < known.size:
                raise LogGoneError
        for log in logs:
            known = self._stored.setdefault(log.name, log._replace(size=0))
            self._store(log, known.size)
            added += log.size - known.size
        if added and not self._objects.has(self._complete):
            raise LogGoneError
        return added

    def _store(self, file: SourceFile, start: int, advance: Advance = lambda _: None) -> None:
        for offset in range(start, file.size, PIECE_BYTES):
            length = min(PIECE_BYTES, file.size - offset)
            content = self._coding.encode(self._folder.read(file, offset, length))
            piece = Piece(file.name, offset, length, hashlib.sha256(content).hexdigest(), self._coding.suffix)
            self._objects.put(f"{self._folder.store}/{self.id}/{piece.name}", content)
            self._stored[file.name] = file._replace(size=offset + length)
            advance(length)
