"""What the use cases need: where objects are kept, how they are coded, and the files of a Tarantool."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from tarantool_backup.domain.backup import Backup, StoredObject


class ObjectStore(Protocol):
    """A folder or a bucket. All methods raise BackupError where it cannot be used."""

    def put(self, path: str, content: bytes) -> None:
        """Store an object: whole, or not at all."""
        ...

    def has(self, path: str) -> bool:
        """Return whether there is an object."""
        ...

    def get(self, path: str) -> bytes:
        """Return an object's content."""
        ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose paths begin with a folder."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that do not exist are left out."""
        ...


class Coding(Protocol):
    """Compression, and encryption where that is wanted."""

    @property
    def suffix(self) -> str:
        """The codings that `encode` applies, as in `.zst.age`."""
        ...

    def encode(self, content: bytes) -> bytes:
        """Return content as it is stored."""
        ...

    def decode(self, content: bytes, suffix: str) -> bytes:
        """Return what was encoded. Raises BackupError."""
        ...


class SourceFile(NamedTuple):
    """A file of a Tarantool, as long as it is open: `identity` tells it from another one of the same name."""

    name: str
    identity: tuple[int, int]
    size: int
    modified: datetime


class DataFolder(Protocol):
    """The snapshots and logs of a Tarantool that may be running."""

    @property
    def store(self) -> str:
        """The name under which its backups are kept."""
        ...

    def find_files(self) -> Sequence[SourceFile]:
        """Return the newest snapshot and the logs from there on, in their order. Raises BackupError where there is none."""
        ...

    def find_logs(self, since: str) -> Sequence[SourceFile]:
        """Return the logs from a snapshot on, in their order."""
        ...

    def read(self, file: SourceFile, offset: int, length: int) -> bytes:
        """Return a part of a file. Raises BackupError where it is gone or another one."""
        ...


class Contents(NamedTuple):
    """What a space has."""

    tuples: int
    bytes: int
    checksum: str
    """CRC-32 of its tuples in their order, hexadecimal."""


class Report(NamedTuple):
    """What the data of a Tarantool have, and where they contradict themselves."""

    spaces: Mapping[str, Contents]
    namespaces: Mapping[str, int]
    """Their revisions; empty of a Tarantool that has none."""
    faults: Sequence[str]


class StoredPair(NamedTuple):
    """A pair of the key-value store. The value is JSON text, or bytes: `<media type>\\n<bytes>`."""

    key: str
    value: str | bytes
    revision: int
    expires_at: int | None
    """Milliseconds since 1970-01-01 UTC; None: never."""


class Limit(Protocol):
    """Up to where is restored."""

    def is_before(self, backup: Backup) -> bool:
        """Return whether it is before what a backup begins with, as far as that is known without its files."""
        ...

    def is_before_snapshot(self, snapshot: Path) -> bool:
        """Return whether it is before what a snapshot has. Raises BackupError."""
        ...

    def cut(self, logs: Sequence[Path]) -> bool:
        """Remove what comes later from logs, in their order; return whether there was anything. Raises BackupError."""
        ...


class Trial(Protocol):
    """A Tarantool that is started on restored data, which it does not change."""

    def inspect(self, directory: Path) -> Report:
        """Return what the data have. Raises BackupError where it does not start."""
        ...

    def read_namespace(self, directory: Path, namespace: str) -> tuple[int, Iterator[StoredPair]]:
        """Return a namespace's revision, and its pairs in the order of their keys. Raises BackupError where there is none."""
        ...
