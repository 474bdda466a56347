"""Changes that go on at whichever member of a replica set leads, and what of them was acknowledged."""

import threading
import time
from contextlib import closing
from types import TracebackType
from typing import Self

from tarantool.error import Error

from test_support.processes import wait_until
from test_support.replica_set import Member, ReplicaSet

WRITERS = 8


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
