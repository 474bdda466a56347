"""Use case: back up continuously, so that a second is lost at most."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from tarantool_backup.application.ports import Coding, DataFolder, ObjectStore
from tarantool_backup.application.write_backup import BackupWriter, LogGoneError
from tarantool_backup.domain.failures import BackupError


class Progress(NamedTuple):
    """What a step has done."""

    store: str
    identifier: str
    """Of the backup that is extended; empty before the first one is complete."""
    stored_bytes: int
    failure: str | None


class FollowLog:
    """Keeps the backups of one Tarantool up to date. From time to time it begins a new one, while the last one is extended."""

    def __init__(
        self, objects: ObjectStore, coding: Coding, folder: DataFolder, now: Callable[[], datetime], every: timedelta
    ) -> None:
        self._objects = objects
        self._coding = coding
        self._folder = folder
        self._now = now
        self._every = every
        self._current: BackupWriter | None = None
        self._next: tuple[BackupWriter, Future[int]] | None = None
        self._pool = ThreadPoolExecutor(1, "begins backups")

    def step(self) -> Progress:
        """Store what was written since the last step. What fails is tried again in the next one."""
        stored, failure = 0, None
        try:
            stored += self._advance_next()
            if self._current is not None:
                stored += self._current.extend()
        except LogGoneError:
            self._current = None
        except BackupError as error:
            failure = str(error)
        is_due = self._current is None or self._now() - self._current.begun_at >= self._every
        if is_due and self._next is None:
            writer = BackupWriter(self._objects, self._coding, self._folder, self._now())
            self._next = writer, self._pool.submit(writer.begin)
        return Progress(self._folder.store, self._current.id if self._current else "", stored, failure)

    def _advance_next(self) -> int:
        if self._next is None or not self._next[1].done():
            return 0
        writer, begun = self._next
        self._next = None
        stored = begun.result()
        self._current = writer
        return stored
