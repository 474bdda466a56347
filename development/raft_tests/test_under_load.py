"""Members that join, come back or lose their disk while changes go on."""

import shutil
import time
from contextlib import closing
from pathlib import Path

from tarantool.error import Error

from test_support.administration import administer
from test_support.processes import wait_until
from test_support.replica_set import Member, ReplicaSet
from test_support.small_disk import TarantoolOnSmallDisk, filling
from test_support.writers import Writers

CHANGES = 1_000_000
CHANGES_PER_CALL = 500


class MemberOnSmallDisk(TarantoolOnSmallDisk, Member):
    """A member whose disk can be filled."""


def test_member_with_an_empty_disk_becomes_whole_while_changes_go_on(replica_set: ReplicaSet) -> None:
    with Writers(replica_set) as writers:
        writers.go_on()
        for lost in list(replica_set.members):
            lost.kill()
            shutil.rmtree(lost.directory)
            replica_set.leader(among=replica_set.others(lost))
            writers.go_on()
            lost.start()
            replica_set.wait_until_whole()
            writers.go_on()
    replica_set.wait_until_alike()
    for member in replica_set.members:
        member.promote()
        writers.check(member)


def test_member_that_was_away_for_many_changes_becomes_whole(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    away = replica_set.others(leader)[0]
    away.kill()
    with closing(leader.connect()) as connection:
        for first in range(0, CHANGES, CHANGES_PER_CALL):
            pairs = [[f"key-{number % 5000}", str(number)] for number in range(first, first + CHANGES_PER_CALL)]
            assert connection.call("key_value.write", "default", pairs, None, False, {})[0][1] == []
    number, written = (administer(leader, f"return box.info.{name}").split()[1] for name in ("id", "lsn"))
    with Writers(replica_set) as writers:
        writers.go_on()
        began = time.monotonic()
        away.start()
        replica_set.wait_until_whole()
        has_all = f"return (box.info.vclock[{number}] or 0) >= {written}"
        wait_until(lambda: "- true" in administer(away, has_all), "all changes arriving", 200)
        print(f"{CHANGES} changes were there after {time.monotonic() - began:.1f} s")
        writers.go_on()
    replica_set.wait_until_alike()
    away.promote()
    assert away.read("key-4999")[0] == [str(CHANGES - 1)]
    writers.check(away)


def use_up_the_log(leader: Member) -> None:
    """Write what the logs have reserved on their disks, and more, as long as it is accepted."""
    for number in range(60):
        try:
            if leader.write(f"large-{number % 4}", value=f'"{filling(50_000)}"')[0] == "not leader":
                return
        except Error:
            return


def test_service_goes_on_with_a_full_disk_on_one_of_three(tmp_path: Path) -> None:
    with ReplicaSet("key_value", tmp_path, MemberOnSmallDisk, TARANTOOL_MEMTX_MEMORY=str(64 * 2**20)) as replica_set:
        replica_set.wait_until_whole()
        for turn in ("follower", "leader"):
            leader = replica_set.leader()
            full = leader if turn == "leader" else replica_set.others(leader)[0]
            assert isinstance(full, MemberOnSmallDisk)
            with Writers(replica_set) as writers:
                writers.go_on()
                full.fill_disk()
                use_up_the_log(leader)
                if turn == "leader":
                    replica_set.leader(among=replica_set.others(full))
                writers.go_on()
                full.free_disk()
                writers.go_on()
            writers.check(replica_set.wait_until_whole())
