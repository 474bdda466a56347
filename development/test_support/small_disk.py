"""A Tarantool whose disk is small and can be filled."""

import errno
import os
import secrets
from pathlib import Path

from test_support.processes import Tarantool

MEBIBYTES = 24
SIZES = (50_000, 2_000, 100, 1)
"""Of what is to be written, until each is refused, to fill what the log has reserved."""

# In a mount namespace of its own: the disk ends with the process, whatever becomes of the test. Root needs no user namespace.
_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
_ON_SMALL_DISK = f'mount -t tmpfs -o size={MEBIBYTES}m tmpfs "$1" && shift && exec setpriv --pdeathsig KILL "$@"'


def filling(length: int) -> str:
    """Return a text that cannot be compressed, which Tarantool's log does."""
    return secrets.token_urlsafe(length)[:length]


class TarantoolOnSmallDisk(Tarantool):
    """Keeps its data on a file system of MEBIBYTES in memory. It must not be restarted: its disk would be another one."""

    def __init__(self, instance: str, folder: Path, **environment: str) -> None:
        super().__init__(instance, folder, **environment)
        self._disk = folder / "data"
        self._disk.mkdir()
        self._command = [*_UNSHARE, "sh", "-c", _ON_SMALL_DISK, "sh", str(self._disk), *self._command]

    @property
    def _filler(self) -> Path:
        return Path(f"/proc/{self.pid}/root{self._disk}/filler")

    def fill_disk(self) -> None:
        """Leave no free block."""
        with self._filler.open("ab", buffering=0) as filler:
            for size in (2**20, 2**12):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free_disk(self) -> None:
        """Give back what fill_disk has taken."""
        self._filler.unlink()
