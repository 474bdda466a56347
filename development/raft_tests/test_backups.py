"""A backup of a member of a replica set."""

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tarantool_backup.infrastructure.trial import TarantoolTrial
from test_support.processes import wait_until
from test_support.replica_set import NewTarantool, ReplicaSet

COMMAND = Path(sys.executable).parent / "backup"


def back_up(repository: Path, *arguments: object) -> None:
    """Run the command `backup`, which must succeed."""
    command = [str(COMMAND), *map(str, arguments), "--repository", str(repository)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_backup_of_any_member_has_all_and_starts_as_a_single_instance(replica_set: ReplicaSet, tmp_path: Path) -> None:
    keys = [f"key-{number}" for number in range(50)]
    replica_set.leader().write(*keys)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)  # the next change has a later time
    replica_set.leader().write("later")
    replica_set.wait_until_alike()
    for number, member in enumerate(replica_set.members):
        repository, single = tmp_path / f"repository-{number}", tmp_path / f"single-{number}"
        server = NewTarantool("key_value", single, TARANTOOL_LEAVE_REPLICA_SET="yes")
        back_up(repository, "create", member.directory)
        back_up(repository, "restore", member.directory.name, tmp_path / f"all-{number}")
        back_up(repository, "restore", member.directory.name, server.directory, "--to-moment", moment)
        for directory, count in ((tmp_path / f"all-{number}", len(keys) + 1), (server.directory, len(keys))):
            report = TarantoolTrial(NewTarantool.program).inspect(directory)
            assert (report.faults, report.spaces["pairs"].tuples) == ([], count)
        with server:
            assert server.read(*keys, "later")[0] == ["1"] * len(keys) + [None]
            assert server.write("again")[0] > 2**48  # an era has begun


def test_backup_of_one_member_becomes_a_replica_set_where_another_one_was(replica_set: ReplicaSet, tmp_path: Path) -> None:
    repository, lost = tmp_path / "repository", replica_set.members
    replica_set.leader().write("a")
    replica_set.wait_until_alike()
    back_up(repository, "create", lost[0].directory)
    for member in lost:
        member.kill()
        shutil.rmtree(member.directory)
    last = lost[-1]
    single = NewTarantool("key_value", last.log.parent, TARANTOOL_LEAVE_REPLICA_SET="yes")
    single._environment["TARANTOOL_PASSWORD_FILE"] = str(last.password_file)
    back_up(repository, "restore", lost[0].directory.name, last.directory)
    with single:
        single.password_file = last.password_file
        assert single.write("b")[0] > 2**48
    last.start()
    wait_until(lambda: last.status() is not None, "an answer of the restored member")
    for member in lost[:-1]:
        member.start()
    replica_set.wait_until_whole()
    for member in lost:
        member.promote()
        assert member.read("a", "b")[0] == ["1", "1"]
