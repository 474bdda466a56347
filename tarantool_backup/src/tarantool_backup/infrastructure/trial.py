"""Starts a Tarantool on restored data."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgpack

from tarantool_backup.application.ports import Contents, Report, StoredPair
from tarantool_backup.domain.failures import BackupError

_SCRIPT = Path(__file__).parent / "trial.lua"
_MIN_MEMORY = 256 * 1024 * 1024
# A snapshot is compressed, and has no indexes.
_MEMORY_BY_FILE = 8
_NO_NAMESPACE = 3


class TarantoolTrial:
    """Implements Trial with the program `tarantool`. It never listens and writes no log."""

    def __init__(self, program: str = "tarantool") -> None:
        self._program = program

    def inspect(self, directory: Path) -> Report:
        """Return what the data have. Raises BackupError where it does not start."""
        with self._start(directory, "inspect") as process:
            output, errors = process.communicate()
        self._check(process.returncode, errors)
        found = json.loads(output)
        spaces = {name: Contents(**contents) for name, contents in found["spaces"].items()}
        return Report(spaces, found["namespaces"], found["faults"])

    def read_namespace(self, directory: Path, namespace: str) -> tuple[int, Iterator[StoredPair]]:
        """Return a namespace's revision, and its pairs in the order of their keys. Raises BackupError where there is none."""
        process = self._start(directory, "pairs", namespace)
        unpacker = msgpack.Unpacker(process.stdout, max_buffer_size=2**31 - 1)
        revision: int = next(unpacker, -1)
        if revision < 0:
            self._finish(process, namespace)
        return revision, self._read_pairs(process, unpacker, namespace)

    def _read_pairs(self, process: subprocess.Popen[bytes], unpacker: msgpack.Unpacker, namespace: str) -> Iterator[StoredPair]:
        for _, key, value, revision, _, _, *expiry in unpacker:
            yield StoredPair(key, value, revision, expiry[0] if expiry else None)
        self._finish(process, namespace)

    def _finish(self, process: subprocess.Popen[bytes], namespace: str) -> None:
        with process:
            _, errors = process.communicate()
        if process.returncode == _NO_NAMESPACE:
            raise BackupError(f"the backup has no namespace {namespace!r} at that time")
        self._check(process.returncode, errors)

    def _start(self, directory: Path, *arguments: str) -> subprocess.Popen[bytes]:
        size = sum(path.stat().st_size for path in directory.glob("*.*"))
        memory = max(_MIN_MEMORY, _MEMORY_BY_FILE * size)
        command = [self._program, str(_SCRIPT), str(directory), str(memory), *arguments]
        try:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603
        except OSError as error:
            raise BackupError(f"cannot start {self._program}: {error.strerror}") from error

    def _check(self, status: int, errors: bytes) -> None:
        if status != 0:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise BackupError(f"Tarantool does not start on the restored data: {lines[-1] if lines else f'status {status}'}")
