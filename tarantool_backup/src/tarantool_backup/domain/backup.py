"""Backups as they are stored: pieces of Tarantool's files, each an object whose name says what it is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from tarantool_backup.domain.failures import BackupError

_ID = "%Y%m%dT%H%M%S.%fZ"
_PIECE = re.compile(r"(\d{20}\.(?:snap|xlog))\.(\d{15})-(\d{9})\.([0-9a-f]{64})((?:\.[a-z]+)+)")
_COMPLETE = re.compile(r"complete\.(\d{1,20})")


class Piece(NamedTuple):
    """A part of a file: `length` bytes from `offset` on. `digest` and `codings` are those of the stored object."""

    file: str
    offset: int
    length: int
    digest: str
    """SHA-256, hexadecimal."""
    codings: str
    """As in `.zst.age`: compressed, then encrypted."""

    @property
    def name(self) -> str:
        """The name of the object within its backup."""
        return f"{self.file}.{self.offset:015d}-{self.length:09d}.{self.digest}{self.codings}"

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the piece with this name; None if it is none."""
        found = _PIECE.fullmatch(name)
        return None if found is None else cls(found[1], int(found[2]), int(found[3]), found[4], found[5])


class StoredObject(NamedTuple):
    """An object of a store."""

    path: str
    size: int
    modified: datetime


def make_id(now: datetime) -> str:
    """Return the id of a backup that is begun now. Ids are in the order of their times."""
    return now.strftime(_ID)


def complete_name(snapshot_at: datetime) -> str:
    """Return the name of the empty object that makes a backup valid: with the time of its snapshot, in microseconds."""
    return f"complete.{(snapshot_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}"


@dataclass
class Backup:
    """A backup: a snapshot, and the write-ahead log from there on."""

    store: str
    """Of which Tarantool: the name of its folder."""
    id: str
    snapshot_at: datetime | None = None
    """When the snapshot was made; None as long as the backup is not complete."""
    pieces: list[Piece] = field(default_factory=list)
    stored_bytes: int = 0
    last_at: datetime | None = None
    """When its last piece was stored."""

    @property
    def begun_at(self) -> datetime:
        """When it was begun."""
        return datetime.strptime(self.id, _ID).replace(tzinfo=UTC)

    @property
    def folder(self) -> str:
        """The path of its objects."""
        return f"{self.store}/{self.id}"

    def files(self) -> dict[str, Sequence[Piece]]:
        """Return the pieces of each file in their order: the snapshot, then the logs. Raises BackupError where one is missing."""
        files: dict[str, list[Piece]] = {}
        for piece in sorted(self.pieces, key=lambda one: (one.file, one.offset, -one.length)):
            pieces = files.setdefault(piece.file, [])
            end = pieces[-1].offset + pieces[-1].length if pieces else 0
            if piece.offset < end:
                continue  # stored by an attempt that seemed to fail, and again with what had followed meanwhile
            if piece.offset > end:
                raise BackupError(f"{self.folder} is broken: {piece.file} lacks what begins at byte {end}")
            pieces.append(piece)
        snapshots = [name for name in files if name.endswith(".snap")]
        if len(snapshots) != 1:
            raise BackupError(f"{self.folder} is broken: it has {len(snapshots)} snapshots")
        return {name: files[name] for name in sorted(files, key=lambda name: (name.endswith(".xlog"), name))}


def group_objects(objects: Iterable[StoredObject]) -> list[Backup]:
    """Return the backups that objects make, from the oldest on; other objects are left out."""
    backups: dict[tuple[str, str], Backup] = {}
    for one in objects:
        store, _, rest = one.path.partition("/")
        identifier, _, name = rest.partition("/")
        complete, piece = _COMPLETE.fullmatch(name), Piece.parse(name)
        if complete is None and piece is None:
            continue
        backup = backups.setdefault((store, identifier), Backup(store, identifier))
        if complete is not None:
            backup.snapshot_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(complete[1]))
        if piece is not None:
            backup.pieces.append(piece)
        backup.stored_bytes += one.size
        backup.last_at = max(backup.last_at or one.modified, one.modified)
    return [backups[key] for key in sorted(backups)]
