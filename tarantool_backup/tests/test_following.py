"""The log is stored as it is written: a machine that is lost takes a second with it."""

import re
import signal
from pathlib import Path

import httpx

from tarantool_backup.infrastructure.trial import TarantoolTrial
from test_support.processes import Tarantool, reserve_port, wait_until
from test_support.restoring import copy_data, put_back

from .conftest import STORE, Backup, Client

EVERY_SECOND = 1 / 3600  # in hours


def stored_to(backup: Backup, place: Path, revision: int) -> bool:
    """Return whether a revision can be restored."""
    return backup._run("restore", STORE, place / f"at-{revision}", "--to-revision", f"default@{revision}").returncode == 0


def ids(backup: Backup) -> list[str]:
    return [row.split()[1] for row in backup("list").splitlines()[1:] if "not complete" not in row]


def test_all_that_was_acknowledged_is_stored_and_outlives_the_machine(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path
) -> None:
    port = reserve_port()
    status = tmp_path / "status"
    with backup.follow(database.directory, "--metrics", port, "--status", status) as follower:
        wait_until(lambda: ids(backup) != [], "the first backup")
        wait_until(status.exists, "the status")
        for number in range(50):
            revision = client.write({f"key-{number}": "1"})
        wait_until(lambda: stored_to(backup, tmp_path, revision), "all that was acknowledged being stored")
        database.kill()
        database.start()  # which begins another log
        revision = client.write({"after": "1"})
        wait_until(lambda: stored_to(backup, tmp_path, revision), "the next log being stored")
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        found = re.search(rf'backup_last_success_timestamp_seconds{{store="{STORE}"}} (\S+)', metrics)
        assert found is not None
        assert float(found[1]) > 1.7e9
        assert f'backup_failing{{store="{STORE}"}} 0.0' in metrics
    assert len(ids(backup)) == 1
    assert follower.output.count("following the log in") == 1
    report = TarantoolTrial().inspect(tmp_path / f"at-{revision}")
    assert (report.spaces["pairs"].tuples, report.faults) == (51, [])


def test_another_backup_is_begun_where_the_log_cannot_be_gone_on_with(
    backup: Backup, database: Tarantool, client: Client, tmp_path: Path
) -> None:
    copy = copy_data(database, tmp_path / "copy")
    with backup.follow(database.directory):
        wait_until(lambda: len(ids(backup)) == 1, "the first backup")
        client.write({"lost": "1"})
        put_back(database, copy)
        revision = client.write({"a": "1"})
        wait_until(lambda: stored_to(backup, tmp_path, revision), "a backup of the data that were put back")
        backup("create", database.directory)
        backup("prune", STORE, "--keep-last", 1)  # also what is being extended
        revision = client.write({"b": "1"})
        wait_until(lambda: stored_to(backup, tmp_path, revision), "a backup in place of the pruned one")
    report = TarantoolTrial().inspect(tmp_path / f"at-{revision}")
    assert (report.spaces["pairs"].tuples, report.faults) == (2, [])


def test_from_time_to_time_another_backup_is_begun(backup: Backup, database: Tarantool, client: Client) -> None:
    client.write({"a": "1"})
    with backup.follow(database.directory, "--every", EVERY_SECOND, "--keep-last", 2) as follower:
        wait_until(lambda: len(ids(backup)) >= 2, "another backup")
        first = min(ids(backup))
        wait_until(lambda: "deleted" in follower.output and first not in ids(backup), "the first one being deleted")
        wait_until(lambda: len(ids(backup)) >= 2, "two that are kept")
        follower.signal(signal.SIGTERM)
        assert follower.wait() == 0
    backup("verify", STORE)


def test_a_repository_that_is_away_is_waited_for(backup: Backup, database: Tarantool, client: Client, tmp_path: Path) -> None:
    repository, away = Path(backup.repository), tmp_path / "away"
    with backup.follow(database.directory) as follower:
        wait_until(lambda: ids(backup) != [], "the first backup")
        repository.rename(away)
        repository.write_text("not a folder")
        revision = client.write({"a": "1"})
        wait_until(lambda: "cannot use" in follower.output, "the failure")
        repository.unlink()
        away.rename(repository)
        wait_until(lambda: stored_to(backup, tmp_path, revision), "what was written meanwhile being stored")
        wait_until(lambda: "goes on" in follower.output, "the end of the failure")
