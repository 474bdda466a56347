"""A disk that is slow, or that stands still, on one of three."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from test_support.frozen_thread import frozen_thread
from test_support.replica_set import Member, ReplicaSet
from test_support.writers import Writers

DELAY_SECONDS, BREAK_SECONDS = 0.2, 0.02
LOG = "wal"
"""The thread that writes to the disk."""


@contextmanager
def slow_disk(member: Member) -> Iterator[None]:
    """Let each write to a member's disk last for up to DELAY_SECONDS."""
    ended = threading.Event()

    def delay() -> None:
        while not ended.wait(BREAK_SECONDS):
            with frozen_thread(member.pid, LOG):
                ended.wait(DELAY_SECONDS)

    thread = threading.Thread(target=delay)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("of", ["follower", "leader"])
def test_service_goes_on_with_a_slow_disk_on_one_of_three(replica_set: ReplicaSet, of: str) -> None:
    leader = replica_set.leader()
    slow = leader if of == "leader" else replica_set.others(leader)[0]
    with Writers(replica_set) as writers:
        writers.go_on()
        with slow_disk(slow):
            for _ in range(5):
                writers.go_on()
    writers.check(replica_set.wait_until_whole())
    replica_set.wait_until_alike()


@pytest.mark.parametrize("of", ["follower", "leader"])
def test_service_goes_on_with_a_disk_that_stands_still_on_one_of_three(replica_set: ReplicaSet, of: str) -> None:
    leader = replica_set.leader()
    still = leader if of == "leader" else replica_set.others(leader)[0]
    with Writers(replica_set) as writers:
        writers.go_on()
        with frozen_thread(still.pid, LOG):
            replica_set.leader(among=replica_set.others(still) if of == "leader" else [leader])
            for _ in range(5):
                writers.go_on()
    writers.check(replica_set.wait_until_whole())
    replica_set.wait_until_alike()
