"""Data that Debian's Tarantool has written, on a newer one."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import tarantool

from test_support.processes import Tarantool
from test_support.replica_set import NewTarantool

IMAGE = b"image/png\n\x89PNG"
REQUEST = ["key", "fingerprint", 600_000]
USER = ["u", "ann", "ann", "$argon2", 1, 1, "user", None, True]


def connect(server: Tarantool) -> tarantool.Connection:
    return tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)


def write_data(server: Tarantool) -> None:
    with closing(connect(server)) as service:
        service.call("namespaces.put", "kept", ["", None, None, None, 1000, 5], 10_000)
        for value in ("1", "1.0", "3"):
            service.call("key_value.write", "kept", [["a", value]], None, False, {})
        service.call("key_value.write", "kept", [["image", [IMAGE]], ["gone", "{}"]], None, False, {})
        service.call("key_value.delete", "kept", ["gone"], {})
        service.call("key_value.increment", "kept", "count", "1", {}, REQUEST)


def read_data(server: Tarantool) -> list[Any]:
    with closing(connect(server)) as service:
        [namespace_id, *_] = service.call("changes.attach", "kept")[0]
        return [
            service.call("key_value.find", "kept", ["a", "image", "gone", "count"], 10_000)[0],
            service.call("history.list", "kept", "a", None, 10, 10_000)[0],
            service.call("changes.follow", [[namespace_id, 0]], 0, 100_000)[0],
            service.call("key_value.increment", "kept", "count", "1", {}, REQUEST)[0][1][4],
        ]


def stop_and_make(new: type[Tarantool], old: Tarantool) -> Tarantool:
    old.stop()
    return new("key_value", old.log.parent)


def test_data_of_2_6_go_on(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as old:
        write_data(old)
        before = read_data(old)
        assert before[3] == [7, "1"]
        with stop_and_make(NewTarantool, old) as new:
            assert read_data(new) == before
            with closing(connect(new)) as service:
                assert service.call("key_value.increment", "kept", "count", "1", {})[0] == [8, "2"]
            # Again, on data that are upgraded, after a crash.
            new.kill()
            new.start()
            with closing(connect(new)) as service:
                assert service.call("key_value.read", "kept", ["count"], 1000)[0] == [["2"], 8]


def test_data_of_2_6_are_kept_as_they_were(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as old:
        write_data(old)
        before = read_data(old)
        with stop_and_make(NewTarantool, old) as new, closing(connect(new)) as service:
            service.call("key_value.write", "kept", [["a", "new"]], None, False, {})
        (kept,) = old.directory.glob("before_2.6.*")
        shutil.move(kept, tmp_path / "kept")
        shutil.rmtree(old.directory)
        shutil.move(tmp_path / "kept", old.directory)
        old.start()
        # The folder is recognised as a copy, so revisions jump; everything else is as it was.
        found, _, _, answer = read_data(old)
        assert (found[0], answer) == (before[0][0], before[3])


def test_start_that_was_killed_in_its_upgrade_is_repeated(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as old:
        write_data(old)
        before = read_data(old)
        old.stop()
        new = NewTarantool("key_value", tmp_path)
        for _ in range(5):
            super(Tarantool, new).start()
            new.kill()
        with new:
            assert read_data(new) == before
        assert len(list(old.directory.glob("before_2.6.*"))) == 1


def test_authorization_data_of_2_6_go_on(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as old:
        with closing(connect(old)) as service:
            assert service.call("groups.create", ["readers", 0], [])[0] == [True]
            before = service.call("groups.list", "", 10)[0]
        old.stop()
        with NewTarantool("authorization", tmp_path) as new, closing(connect(new)) as service:
            assert service.call("groups.list", "", 10)[0] == before
            assert service.call("keys.list")[0] == []
