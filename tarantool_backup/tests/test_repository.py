"""What is stored: checksums, encryption, retention; what is broken, missing or named wrongly."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyrage
import pytest

from tarantool_backup.domain.backup import Backup as StoredBackup
from tarantool_backup.domain.backup import make_id
from tarantool_backup.domain.retention import Retention
from test_support.processes import Service, Tarantool

from .conftest import STORE, Backup, Client


def test_objects_are_private_and_say_what_they_are(backup: Backup, database: Tarantool, client: Client) -> None:
    client.write({"a": '"a secret of ours"'})
    backup("create", database.directory)
    backup("create", database.directory)
    objects = backup.objects()
    assert {path.suffix for path in objects if not path.name.startswith("complete.")} == {".zst"}
    assert {path.stat().st_mode & 0o077 for path in objects} == {0}
    [head, *rows] = backup("list").splitlines()
    assert head.split() == ["store", "id", "stored", "from", "to"]
    assert [row.split()[0] for row in rows] == [STORE, STORE]


def test_what_is_encrypted_is_restored_with_the_key_alone(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path
) -> None:
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    for number, key in enumerate(keys):
        (tmp_path / f"key-{number}").write_text(f"# a comment\n{key}\n")
    client.write({"a": "1"})
    backup("create", database.directory, "--recipient", keys[0].to_public())
    assert {path.suffix for path in backup.objects() if not path.name.startswith("complete.")} == {".age"}
    target = tmp_path / "restored"
    assert "is encrypted" in backup.refuse("restore", STORE, target)
    assert "cannot decrypt" in backup.refuse("restore", STORE, target, "--identity", tmp_path / "key-1")
    assert "cannot read" in backup.refuse("restore", STORE, target, "--identity", tmp_path / "absent")
    assert not target.exists()
    backup("restore", STORE, target, "--identity", tmp_path / "key-0")
    assert "age recipient" in backup.refuse("create", database.directory, "--recipient", "age1nonsense")


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_damaged_backup_is_not_restored(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path, damage: str
) -> None:
    client.write({f"key-{number}": f'"{os.urandom(16).hex()}"' for number in range(1000)})
    backup("create", database.directory)
    [log] = [path for path in backup.objects() if ".xlog." in path.name]
    [snapshot] = [path for path in backup.objects() if ".snap." in path.name]
    if damage == "changed":
        content = bytearray(log.read_bytes())
        content[len(content) // 2] ^= 1
        log.write_bytes(content)
        assert "the checksum of" in backup.refuse("verify", STORE)
    else:
        snapshot.unlink()
        assert "it has 0 snapshots" in backup.refuse("verify", STORE)
    backup.refuse("restore", STORE, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]


def test_a_backup_that_was_not_finished_is_none(backup: Backup, database: Tarantool, tmp_path: Path) -> None:
    backup("create", database.directory)
    [complete] = [path for path in backup.objects() if path.name.startswith("complete.")]
    complete.unlink()
    assert "not complete" in backup("list")
    assert backup.refuse("restore", STORE, tmp_path / "restored") == "no complete backup goes back as far"


def test_pruning_deletes_what_is_not_kept(backup: Backup, database: Tarantool) -> None:
    for _ in range(3):
        backup("create", database.directory)
    ids = [row.split()[1] for row in backup("list").splitlines()[1:]]
    assert "say what is kept" in backup.refuse("prune", STORE)
    would = backup("prune", STORE, "--keep-last", 2, "--dry-run")
    assert would == f"would delete {STORE}/{ids[0]}\n"
    assert backup("prune", STORE, "--keep-last", 2) == f"deleted {STORE}/{ids[0]}\n"
    assert [row.split()[1] for row in backup("list").splitlines()[1:]] == ids[1:]
    assert backup("prune", STORE, "--keep-last", 2) == ""
    backup("verify", STORE, "--id", ids[1])


def make_backups(times: list[datetime]) -> list[StoredBackup]:
    return [StoredBackup("store", make_id(time), snapshot_at=time) for time in times]


def test_retention_keeps_the_last_of_each_period() -> None:
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    backups = make_backups([noon - timedelta(hours=6 * number) for number in range(200)])

    def kept(**counts: int) -> list[datetime]:
        ids = Retention(**counts).choose(backups)
        return sorted((one.begun_at for one in backups if one.id in ids), reverse=True)

    assert kept(last=2) == [noon, noon - timedelta(hours=6)]
    assert kept(hourly=3) == [noon - timedelta(hours=6 * number) for number in range(3)]
    assert kept(daily=3) == [noon, *(noon.replace(hour=18) - timedelta(days=number) for number in (1, 2))]
    assert [time.date().isoformat() for time in kept(weekly=3)] == ["2026-11-28", "2026-11-22", "2026-11-15"]
    assert [time.date().isoformat() for time in kept(monthly=2)] == ["2026-11-28", "2026-10-31"]
    assert kept() == [noon]
    assert len(kept(last=2, daily=3, monthly=2)) == 5


def test_wrong_arguments_are_refused_in_one_line(backup: Backup, database: Tarantool, tmp_path: Path) -> None:
    assert "is not the folder of a Tarantool" in backup.refuse("create", tmp_path)
    assert "is not the folder of a Tarantool" in backup.refuse("create", tmp_path / "absent")
    assert "is not the folder of a Tarantool" in backup.refuse("create", tmp_path, "--status", tmp_path / "status")
    assert not (tmp_path / "status").exists()
    assert backup.refuse("restore", "absent", tmp_path / "x") == "there is no backup of absent"
    assert backup("list") == "store  id  stored  from  to\n"
    backup("create", database.directory)
    assert "is not empty" in backup.refuse("restore", STORE, database.directory)
    for moment in ("noon", "2026-11-28", "2026-11-28T12:00:00"):
        assert "is no time with an offset" in backup.refuse("restore", STORE, tmp_path / "x", "--to-moment", moment)
    for revision in ("default", "default@x", "@"):
        assert "is not NAMESPACE@N" in backup.refuse("restore", STORE, tmp_path / "x", "--to-revision", revision)
    both = ("--to-moment", "2026-11-28T12:00:00Z", "--to-revision", "default@1")
    assert "not both" in backup.refuse("restore", STORE, tmp_path / "x", *both)
    backup.environment["BACKUP_REPOSITORY"] = str(database.password_file)
    assert backup.refuse("list").startswith("cannot use ")


def test_a_service_warns_where_the_last_backup_is_too_long_ago(
    backup: Backup, database: Tarantool, jwks_url: str, tmp_path: Path
) -> None:
    status = tmp_path / "status"
    settings: dict[str, Any] = {"KEY_VALUE_BACKUP_STATUS_FILE": str(status), "KEY_VALUE_JWKS_URL": jwks_url}

    def missing() -> list[str]:
        found: list[str] = httpx.get(f"{service.url}/health/ready", trust_env=False).raise_for_status().json()["missing"]
        return found

    with Service("key_value", tmp_path / "service", database, **settings) as service:
        service.wait_until_ready()
        assert "backup" in missing()
        backup("create", database.directory, "--status", status)
        assert "backup" not in missing()
        os.utime(status, (0, 0))
        assert "backup" in missing()
