"""Objects in a folder, or in a bucket of Amazon S3 or what speaks its protocol."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url
from obstore.store import ObjectStore as AnyStore

from tarantool_backup.domain.backup import StoredObject
from tarantool_backup.domain.failures import BackupError


def open_store(place: str) -> "ObjectsAt":
    """Return the store at a place: the path of a folder, or `s3://bucket/prefix`. Raises BackupError.

    The region, endpoint and credentials of S3 are read from the environment, as AWS's tools do: AWS_REGION, AWS_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
    """
    with _explained(place):
        if "://" not in place:
            return ObjectsAt(LocalStore(Path(place), mkdir=True, automatic_cleanup=True), place)
        store = from_url(place, client_options={"allow_http": True})
        return ObjectsAt(store, place)


class ObjectsAt:
    """Implements ObjectStore."""

    def __init__(self, store: AnyStore, place: str) -> None:
        self._store = store
        self._place = place

    def put(self, path: str, content: bytes) -> None:
        """Store an object: whole, or not at all."""
        with _explained(self._place):
            obstore.put(self._store, path, content)

    def has(self, path: str) -> bool:
        """Return whether there is an object."""
        with _explained(self._place):
            try:
                obstore.head(self._store, path)
            except FileNotFoundError:
                return False
            return True

    def get(self, path: str) -> bytes:
        """Return an object's content."""
        with _explained(self._place):
            return bytes(obstore.get(self._store, path).bytes())

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose paths begin with a folder."""
        with _explained(self._place):
            for page in obstore.list(self._store, prefix or None):
                for one in page:
                    yield StoredObject(one["path"], one["size"], one["last_modified"])

    def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that do not exist are left out."""
        with _explained(self._place):
            try:
                obstore.delete(self._store, list(paths))
            except FileNotFoundError:
                for path in paths:
                    with suppress(FileNotFoundError):
                        obstore.delete(self._store, path)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        lines = str(error).strip().splitlines()
        raise BackupError(f"cannot use {place}: {lines[0] if lines else type(error).__name__}") from error
