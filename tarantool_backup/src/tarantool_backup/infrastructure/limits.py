"""Up to where is restored: a moment, or a revision of a namespace of the key-value store."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from tarantool_backup.domain.backup import Backup
from tarantool_backup.domain.failures import BackupError
from tarantool_backup.infrastructure.xlog import DELETE, INSERT, KEY, REPLACE, SPACE, TUPLE, Row, cut, read_transactions

_SPACES = 280  # Tarantool's space of all spaces: {id, owner, name, …}
_NAME_OF_SPACE = 2


class MomentLimit:
    """Implements Limit: what was done up to a moment, by Tarantool's clock."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._timestamp = moment.timestamp()

    def is_before(self, backup: Backup) -> bool:
        """Return whether it is before a backup's snapshot."""
        return backup.snapshot_at is None or backup.snapshot_at > self._moment

    def is_before_snapshot(self, _snapshot: Path) -> bool:
        """Return False: it is known without the snapshot."""
        return False

    def cut(self, logs: Sequence[Path]) -> bool:
        """Remove what was done later; return whether there was anything."""
        return _cut_logs(logs, lambda rows: rows[-1].timestamp <= self._timestamp)


class RevisionLimit:
    """Implements Limit: the state of all namespaces right after the change of one that has a revision.

    Where this is one of several changes of a transaction, and not the last one, it is the state before that transaction.
    """

    def __init__(self, namespace: str, revision: int) -> None:
        self._name = namespace.encode()
        self._revision = revision
        self._ids: dict[bytes, int] = {}
        self._namespace: int | None = None
        self._reached = -1

    def is_before(self, _backup: Backup) -> bool:
        """Return False: only the snapshot says it."""
        return False

    def is_before_snapshot(self, snapshot: Path) -> bool:
        """Return whether the namespace was further on in a snapshot."""
        self._ids, self._namespace, self._reached = {}, None, -1
        for rows in read_transactions(snapshot):
            for row in rows:
                self._see(row)
        return self._reached > self._revision

    def cut(self, logs: Sequence[Path]) -> bool:
        """Remove what came after the revision; return whether there was anything. Raises BackupError where it is not reached."""

        def is_wanted(rows: Sequence[Row]) -> bool:
            if self._reached == self._revision:
                return False
            before = (self._namespace, self._reached)
            for row in rows:
                self._see(row)
            if self._reached <= self._revision:
                return True
            self._namespace, self._reached = before
            return False

        is_cut = _cut_logs(logs, is_wanted)
        if not is_cut and self._reached < self._revision:
            known = "it has no such namespace" if self._namespace is None else f"it ends with revision {self._reached}"
            raise BackupError(f"revision {self._revision} of {self._name.decode()!r} is not in the backup: {known}")
        return is_cut

    def _see(self, row: Row) -> None:
        space = row.body.get(SPACE)
        if row.kind == DELETE and space == self._ids.get(b"namespaces") and row.body[KEY] == [self._namespace]:
            self._namespace = None
        if row.kind not in {INSERT, REPLACE}:
            return
        values = row.body[TUPLE]
        if space == _SPACES:
            self._ids[values[_NAME_OF_SPACE]] = values[0]
        elif space == self._ids.get(b"namespaces") and values[1] == self._name:
            self._namespace, self._reached = values[0], values[2]
        elif space == self._ids.get(b"changes") and values[0] == self._namespace:
            self._reached = max(self._reached, values[1])


def _cut_logs(logs: Sequence[Path], is_wanted: Callable[[Sequence[Row]], bool]) -> bool:
    for place, log in enumerate(logs):
        if cut(log, is_wanted):
            for later in logs[place + 1 :]:
                later.unlink()
            return True
    return False
