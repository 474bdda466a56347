"""Restore a backup to a moment, exactly: `python -m benchmarks.restoring [PAIRS]`, 1,000,000 by default."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run

import asynctnt

from tarantool_backup.application.ports import Contents
from tarantool_backup.infrastructure.trial import TarantoolTrial
from test_support.processes import Tarantool
from test_support.restoring import copy_data

PAIRS = 1_000_000
PAIRS_TOGETHER = 1000
CALLS_AT_ONCE = 8
MEMORY = str(4 * 1024**3)
COMMAND = Path(sys.executable).parent / "backup"
OF_THE_FOLDER = "data_folder"  # the space that says where the data are


def main() -> None:
    """Fill a store, note what it has at a moment, change a tenth of it, and restore; exit with 1 if the sums differ."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder, repository = Path(directory), Path(directory) / "repository"
        with Tarantool("key_value", folder / "tarantool", TARANTOOL_MEMTX_MEMORY=MEMORY) as database:
            seconds = _timed(lambda: asyncio.run(_write(database, pairs, "before")))
            print(f"{pairs:,} pairs written in {seconds:.1f} s")
            moment = datetime.now(UTC).isoformat()
            copy = copy_data(database, folder / "copy")
            asyncio.run(_write(database, max(PAIRS_TOGETHER, pairs // 10), "after"))
            print(f"backup create: {_timed(lambda: _backup(repository, 'create', database.directory)):.1f} s")
        store = database.directory.name
        arguments = ("restore", store, folder / "restored", "--to-moment", moment)
        print(f"backup restore --to-moment: {_timed(lambda: _backup(repository, *arguments)):.1f} s")
        print(f"backup verify: {_timed(lambda: _backup(repository, 'verify', store)):.1f} s")
        expected, found = _contents(copy), _contents(folder / "restored")
    if found != expected or found["pairs"].tuples != pairs:
        sys.exit(f"not exact: {found} instead of {expected}")
    print(f"exact: {pairs:,} pairs with the checksum {found['pairs'].checksum}, and all other spaces")


async def _write(database: Tarantool, pairs: int, value: str) -> None:
    connection = await asynctnt.connect(host="127.0.0.1", port=database.port, username=database.user, password=database.password)
    starts = iter(range(0, pairs, PAIRS_TOGETHER))

    async def write_some() -> None:
        for start in starts:
            numbers = range(start, min(start + PAIRS_TOGETHER, pairs))
            tuples = [(f"key-{number:09}", f'"{value} {number}"') for number in numbers]
            await connection.call("key_value.write", ["default", tuples, None, False, {}], timeout=60)

    await asyncio.gather(*(write_some() for _ in range(CALLS_AT_ONCE)))
    await connection.disconnect()


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _backup(repository: Path, *arguments: object) -> None:
    command = [str(COMMAND), *map(str, arguments)]
    run([*command, "--repository", str(repository)], check=True, capture_output=True)


def _contents(directory: Path) -> Mapping[str, Contents]:
    report = TarantoolTrial().inspect(directory)
    assert not report.faults
    return {name: contents for name, contents in report.spaces.items() if name != OF_THE_FOLDER}


if __name__ == "__main__":
    main()
