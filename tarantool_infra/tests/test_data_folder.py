"""Data that were put back from a copy are recognised at the next start, however that was done; other starts change nothing."""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tarantool

from test_support.moved_clock import MovedClock
from test_support.processes import Tarantool, wait_until
from test_support.restoring import copy_data, put_back


def connect(server: Tarantool) -> tarantool.Connection:
    return tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)


@pytest.mark.parametrize("instance", ["authorization", "key_value"])
def test_a_folder_that_is_moved_is_the_same_and_a_copy_is_recognised(instance: str, tmp_path: Path) -> None:
    server = Tarantool(instance, tmp_path)
    with server:
        server.kill()
        server.start()
        server.stop()
        server.directory.rename(tmp_path / "moved")
        (tmp_path / "moved").rename(server.directory)
        server.start()
        assert "put back" not in server.output
        put_back(server, copy_data(server, tmp_path / "copy"))
        assert server.output.count("put back") == 1
        server.kill()
        server.start()
        assert server.output.count("put back") == 1


def _replace_the_files(server: Tarantool, copy: Path) -> None:
    for path in server.directory.glob("*.xlog"):
        path.unlink()
    for path in copy.glob("*.xlog"):
        shutil.copy2(path, server.directory)


WAYS: dict[str, Callable[[Tarantool, Path], object]] = {
    "copied over": lambda server, copy: subprocess.run(["cp", "-a", f"{copy}/.", server.directory], check=True),
    "synchronised": lambda server, copy: subprocess.run(["rsync", "-a", "--delete", f"{copy}/", server.directory], check=True),
    "synchronised in place": lambda server, copy: subprocess.run(
        ["rsync", "-a", "--delete", "--inplace", f"{copy}/", server.directory], check=True
    ),
    "only the log": _replace_the_files,
    "by a snapshot of the disk": lambda server, _: (server.directory / "data.identity").unlink(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_data_are_recognised_however_they_are_put_back(way: Callable[[Tarantool, Path], object], tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as server:

        def write() -> int:
            with closing(connect(server)) as connection:
                revision: int = connection.call("key_value.write", "default", [["a", "1"]], None, False, {})[0][0]
                return revision

        def progress() -> str:
            return (server.directory / "data.progress").read_text()

        write()
        known = progress()
        wait_until(lambda: progress() != known, "the progress")
        copy = copy_data(server, tmp_path / "copy")
        assert [write(), write()] == [2, 3]
        wait_until(lambda: progress() != (copy / "data.progress").read_text(), "the progress")
        server.stop()
        way(server, copy)
        server.start()
        assert write() > 2**48


def test_events_go_on_beyond_the_number_of_any_that_was_lost(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as server:

        def call(function: str, *arguments: object) -> Any:
            with closing(connect(server)) as connection:
                return connection.call(function, *arguments)[0]

        def record() -> int:
            call("sessions.open", "id", "nobody", "hash", ["a", "b"], [1, 1, 1], ["address", "agent"], 1, None)
            last: int = call("events.list", "", "", "", 0, 1)[0]
            return last

        kept = record()
        copy = copy_data(server, tmp_path / "copy")
        lost = [record() for _ in range(3)][-1]
        put_back(server, copy)
        last, _, found = call("events.list", "", "", "", 0, 100)
        assert [event[0] for event in found] == [*range(1, kept + 1)]
        assert lost < 2**48 < last < 2**53
        new = [record() for _ in range(2)]
        for after in (kept, lost, last):
            assert [event[0] for event in call("events.list", "", "", "", after, 100)[2]] == new == [last + 1, last + 2]


def test_numbers_go_on_although_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    with Tarantool("key_value", tmp_path, **clock.environment) as server:
        first = copy_data(server, tmp_path / "first")
        put_back(server, first)
        with closing(connect(server)) as connection:
            before = connection.call("key_value.write", "default", [["a", "1"]], None, False, {})[0][0]
        second = copy_data(server, tmp_path / "second")
        clock.move(timedelta(days=-400))
        put_back(server, second)
        with closing(connect(server)) as connection:
            after = connection.call("key_value.write", "default", [["a", "1"]], None, False, {})[0][0]
        assert before < after < 2**53
