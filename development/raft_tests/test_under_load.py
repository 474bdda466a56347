"""Members that join, come back or lose their disk while changes go on."""

import shutil
import threading
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from tarantool.error import Error

from test_support.processes import wait_until
from test_support.replica_set import Member, ReplicaSet
from test_support.small_disk import TarantoolOnSmallDisk, filling

WRITERS = 8
CHANGES_PER_CALL = 500


class MemberOnSmallDisk(TarantoolOnSmallDisk, Member):
    """A member whose disk can be filled."""


class Writers:
    """Threads that each count up a pair of their own, at whichever member leads, while the context lasts."""

    def __init__(self, replica_set: ReplicaSet) -> None:
        self._replica_set = replica_set
        self._ended = threading.Event()
        self.acknowledged = [0] * WRITERS
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Wait until each has written again."""
        before = list(self.acknowledged)
        wait_until(lambda: all(now > then + 1 for now, then in zip(self.acknowledged, before, strict=True)), "changes going on")

    def check(self, member: Member) -> None:
        """Fail if a leader lacks something that was acknowledged."""
        values = member.read(*(f"counter-{number}" for number in range(WRITERS)))[0]
        assert all(int(value) >= known for value, known in zip(values, self.acknowledged, strict=True)), values

    def _write(self, number: int) -> None:
        while not self._ended.is_set():
            for member in self._replica_set.members:
                try:
                    self._write_at(member, number)
                except (Error, OSError):
                    time.sleep(0.02)

    def _write_at(self, member: Member, number: int) -> None:
        with closing(member.connect()) as connection:
            while not self._ended.is_set():
                value = self.acknowledged[number] + 1
                pairs = [[f"counter-{number}", str(value)]]
                if connection.call("key_value.write", "default", pairs, None, False, {})[0][0] == "not leader":
                    return
                self.acknowledged[number] = value


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
        for first in range(0, 100_000, CHANGES_PER_CALL):
            pairs = [[f"key-{number % 5000}", str(number)] for number in range(first, first + CHANGES_PER_CALL)]
            assert connection.call("key_value.write", "default", pairs, None, False, {})[0][1] == []
    with Writers(replica_set) as writers:
        writers.go_on()
        away.start()
        replica_set.wait_until_whole()
        writers.go_on()
    replica_set.wait_until_alike()
    away.promote()
    assert away.read("key-4999")[0] == ["99999"]
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
