"""Files that are replaced as a whole, or stay as they were."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replace_file(path: Path, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of `path` at the end of the block; if the block or the disk fails, nothing changes.

    The new file has `mode`, or the mode of the file that it replaces, or the one that the umask gives. Raises OSError.
    """
    path = Path(os.path.realpath(path))  # a symbolic link stays one
    is_special = path.exists() and not path.is_file()  # /dev/stdout, a named pipe
    try:
        with path.open("wb") if is_special else _open_replacement(path, mode) as file:
            yield file
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def _open_replacement(path: Path, mode: int | None) -> Iterator[BinaryIO]:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _find_mode(path) if mode is None else mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _find_mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0o077)
        os.umask(umask)
        return 0o666 & ~umask
