"""Backups of a running Tarantool, restored whole, to a moment, to a revision, and one namespace beside the living one."""

import asyncio
import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tarantool_backup.application.ports import Contents
from tarantool_backup.infrastructure.trial import TarantoolTrial
from test_support.connections import connected
from test_support.key_value.clients import client_of
from test_support.processes import Service, Tarantool, wait_until
from test_support.restoring import copy_data
from test_support.tokens import TokenMaker

from .conftest import STORE, Backup, Client, started_on

PAIRS = 5000


def contents_of(directory: Path) -> dict[str, Contents]:
    """Return counts and sums of what services have stored."""
    report = TarantoolTrial().inspect(directory)
    assert not report.faults
    return {name: one for name, one in report.spaces.items() if name != "data_folder"}


def fill(client: Client, pairs: int) -> None:
    for first in range(0, pairs, 1000):
        client.write({f"key-{number}": f'"{number:050}"' for number in range(first, first + 1000)})


def test_a_backup_has_all_that_was_acknowledged_before_it_was_begun(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path
) -> None:
    fill(client, PAIRS)
    stopping, acknowledged = threading.Event(), [0]

    def write_until_stopped() -> None:
        while not stopping.is_set():
            acknowledged[0] = client.write({"counter": str(max(PAIRS, acknowledged[0]) + 1)})  # its own revision

    writing = threading.Thread(target=write_until_stopped)
    writing.start()
    try:
        wait_until(lambda: acknowledged[0] > PAIRS, "the first writes")
        before = acknowledged[0]
        assert backup("create", database.directory).startswith(f"{STORE} ")
    finally:
        stopping.set()
        writing.join()
    assert f"{STORE}/" in backup("verify", STORE)
    backup("restore", STORE, tmp_path / "restored")
    with started_on(tmp_path / "restored") as restored:
        pairs = restored.read()
        assert len(pairs) == PAIRS + 1
        assert pairs["key-4999"] == f'"{4999:050}"'
        assert restored.revision() > 2**48  # the command puts data back, too
        assert int(str(pairs["counter"])) >= before


def test_what_is_restored_is_exact(backup: Backup, database: Tarantool, client: Client, tmp_path: Path) -> None:
    client.call("namespaces.put", "other", ["", None, None, 3600_000, 10, 3], 100)
    fill(client, PAIRS)
    for number in range(20):
        client.write({"a": "1.0", "b": [b"a/b\n\x00\xff"], "c": f"{number}"}, "other")
    client.call("key_value.delete", "other", ["a"], {})
    backup("create", database.directory)
    database.stop()
    backup("restore", STORE, tmp_path / "restored")
    assert contents_of(tmp_path / "restored") == contents_of(database.directory)


def test_what_is_there_is_replaced_where_no_tarantool_runs(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path
) -> None:
    client.write({"a": "1"})
    backup("create", database.directory)
    client.write({"lost": "1"})
    folder = database.directory
    running = sorted(path.name for path in folder.iterdir())
    assert backup.refuse("restore", STORE, folder, "--replace") == f"a Tarantool runs in {folder}: stop it first"
    assert sorted(path.name for path in folder.iterdir()) == running
    database.stop()
    lost = contents_of(folder)
    assert "name --replace" in backup.refuse("restore", STORE, folder)
    assert "there is no backup of absent" in backup.refuse("restore", "absent", folder, "--replace")
    backup("restore", STORE, folder, "--replace")
    database.start()
    assert client.read() == {"a": "1"}
    (kept,) = folder.glob("before_restore_*")
    assert contents_of(kept) == lost
    # A restore that was killed leaves a part, which the next one removes.
    (tmp_path / "new" / ".restore.partial").mkdir(parents=True)
    backup("restore", STORE, tmp_path / "new")
    assert not (tmp_path / "new" / ".restore.partial").exists()


async def test_the_state_of_a_moment_is_exact(backup: Backup, database: Tarantool, client: Client, tmp_path: Path) -> None:
    fill(client, PAIRS)
    moments: list[tuple[datetime, Path]] = []
    async with connected(database) as connection:
        for turn in range(3):
            writes = ([[f"key-{turn}-{number}", "1"], [f"key-{number}", "2"]] for number in range(100))
            await asyncio.gather(*(connection.call("key_value.write", ["default", one, None, False, {}]) for one in writes))
            moments.append((datetime.now(UTC), copy_data(database, tmp_path / f"copy-{turn}")))
            await asyncio.sleep(0.01)  # the next change has a later time
    backup("create", database.directory)
    for place, (moment, copy) in enumerate(moments):
        backup("restore", STORE, tmp_path / f"restored-{place}", "--to-moment", moment.isoformat())
        assert contents_of(tmp_path / f"restored-{place}") == contents_of(copy)
    assert "no complete backup goes back" in backup.refuse(
        "restore", STORE, tmp_path / "earlier", "--to-moment", "2020-01-01T00:00:00Z"
    )
    assert not (tmp_path / "earlier").exists()


async def test_the_state_of_a_revision_is_that_right_after_its_transaction(
    backup: Backup, database: Tarantool, tmp_path: Path
) -> None:
    async with connected(database) as connection:  # many transactions in one block of the log, some blocks compressed
        keys = [[f"{turn}-{number}" for number in range(random.choice([1, 1, 3, 100]))] for turn in range(60)]  # noqa: S311
        calls = [connection.call("key_value.write", ["default", [[key, '"x"'] for key in one], None, False, {}]) for one in keys]
        last = [answer[0] for answer in await asyncio.gather(*calls)]
    backup("create", database.directory)
    made = sorted(zip(last, keys, strict=True))
    for place in random.sample(range(len(made) - 1), 3):
        for revision in {made[place][0], made[place + 1][0] - 1}:
            target = tmp_path / f"restored-{revision}"
            backup("restore", STORE, target, "--to-revision", f"default@{revision}")
            expected = sum(len(one) for _, one in made[: place + 1])
            report = TarantoolTrial().inspect(target)
            assert (report.spaces["pairs"].tuples, report.namespaces["default"], report.faults) == (expected, made[place][0], [])
    assert "it ends with revision" in backup.refuse("restore", STORE, tmp_path / "x", "--to-revision", "default@999999")
    assert "no such namespace" in backup.refuse("restore", STORE, tmp_path / "x", "--to-revision", "absent@1")


def test_a_namespace_is_restored_beside_the_living_one_as_of_the_second_before_it_was_deleted(
    backup: Backup,
    database: Tarantool,
    client: Client,
    key_value_service: Service,
    tokens: TokenMaker,
    tmp_path: Path,
) -> None:
    client.call("namespaces.put", "orders", ["", None, None, None, 1000], 100)
    client.write({"number": "1.0", "large": "9" * 100, "ключ": '"\\u0001"', "bytes": [b"image/png\n\x00\xff"]}, "orders")
    client.call("key_value.set_ttl", "orders", "number", 3_600_000, {})
    client.call("key_value.set_ttl", "orders", "number", 7_200_000, {})
    moment, revision = datetime.now(UTC).isoformat(), client.revision("orders")
    time.sleep(0.01)
    client.call("namespaces.delete", "orders", True)
    backup("create", database.directory)
    file = tmp_path / "orders.jsonl"
    assert backup.refuse("export", STORE, "orders", file) == "the backup has no namespace 'orders' at that time"
    assert "4 pairs of orders as of revision" in backup("export", STORE, "orders", file, "--to-moment", moment)
    assert backup.refuse("export", STORE, "orders", file, "--to-moment", moment) == f"{file} exists"
    again = backup("export", STORE, "orders", tmp_path / "again.jsonl", "--to-revision", f"orders@{revision}")
    assert again.startswith(f"4 pairs of orders as of revision {revision} ")  # the renewals that came after it are left out
    with client_of(key_value_service, tokens.make(scope="admin:*")) as http:
        http.put("/namespaces/orders-restored", json={}).raise_for_status()
        headers = {"Content-Type": "application/x-ndjson"}
        summary = http.post("/namespaces/orders-restored/import", content=file.read_bytes(), headers=headers).raise_for_status()
        assert (summary.json()["written"], summary.json()["refused"]) == (4, 0)
        found = {
            key: http.get("/namespaces/orders-restored/pair", params={"key": key}) for key in ("number", "large", "ключ", "bytes")
        }
        assert [found["number"].text, found["large"].text, found["ключ"].json()] == ["1.0", "9" * 100, "\x01"]
        assert (found["bytes"].content, found["bytes"].headers["content-type"]) == (b"\x00\xff", "image/png")
        [listed] = [pair for pair in http.get("/namespaces/orders-restored/pairs").json()["pairs"] if pair["key"] == "number"]
        assert listed["expires_at"] is not None


def test_the_users_store_is_backed_up_the_same_way(
    backup: Backup, authorization: httpx.Client, authorization_service: Service
) -> None:
    person = {"username": "Backup-1", "password": "a longer password", "first_name": "Anna", "last_name": "Petrova"}
    authorization.post("/register", json=person)
    backup("create", authorization_service.tarantool.directory)
    table = backup("verify", STORE)
    assert table.endswith(" is good\n")
    assert any(line.startswith("users ") for line in table.splitlines())
