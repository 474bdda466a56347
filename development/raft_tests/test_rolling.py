"""Members are restarted, or get a newer version, one after the other, and no request of the client library fails."""

import shutil
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pytest

from key_value_client import Client, KeyValueError
from test_support.administration import administer
from test_support.processes import ROOT, Service, wait_until
from test_support.replica_set import Member, ReplicaSet, killed
from test_support.tokens import TokenMaker

CLIENTS = 8
AT_LEAST = 20
"""Rounds of each client in each phase."""


class Users:
    """Clients that each write, read, and count, until the context ends."""

    def __init__(self, service: Service, token: str) -> None:
        self.rounds = [0] * CLIENTS
        self.failed: list[str] = []
        self._service = service
        self._token = token
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._use, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Wait for some more rounds of each."""
        goals = [rounds + AT_LEAST for rounds in self.rounds]
        wait_until(
            lambda: bool(self.failed) or all(now >= goal for now, goal in zip(self.rounds, goals, strict=True)),
            "requests going on",
        )

    def _use(self, number: int) -> None:
        with Client(self._service.url, token=self._token) as client:
            store = client.namespace("default")
            while not self._ended.is_set():
                expected = self.rounds[number] + 1
                try:
                    store.put(f"written-{number}", expected)
                    found = store.get(f"written-{number}")
                    store.increment("counted")
                    own = store.increment(f"counted-{number}")
                except KeyValueError as error:
                    self.failed.append(repr(error))
                    return
                if (found, own.value) != (expected, expected):
                    self.failed.append(f"{number} found {found}, counted {own}, and not {expected}")
                    return
                self.rounds[number] = expected


def restart(member: Member) -> None:
    member.stop()
    member.start()


def update(member: Member) -> None:
    """Go on with scripts of a version that has one more migration."""
    scripts = member.log.parent / "next_version"
    shutil.copytree(ROOT / "tarantool_infra", scripts)
    migrations = scripts / "key_value_tarantool/migrations"
    migration = migrations / f"{len(list(migrations.iterdir())) + 1:04}_next_version.lua"
    migration.write_text("return function() box.schema.space.create('of_the_next_version'):create_index('primary') end\n")
    member._command[-1] = str(scripts / "key_value_tarantool/init.lua")
    restart(member)


@pytest.mark.parametrize("renew", [restart, update])
def test_no_request_fails(replica_set: ReplicaSet, service: Service, tokens: TokenMaker, renew: Callable[[Member], None]) -> None:
    leader = replica_set.leader()
    with Users(service, tokens.make()) as users:
        users.go_on()
        for member in [*replica_set.others(leader), leader]:
            renew(member)
            replica_set.wait_until_whole()
            users.go_on()
    assert users.failed == []
    print(f"{sum(users.rounds) * 4} requests, none failed")
    found = replica_set.leader().read("counted", *(f"counted-{number}" for number in range(CLIENTS)))[0]
    assert list(map(int, found)) == [sum(users.rounds), *users.rounds]
    if renew is update:
        replica_set.wait_until_alike()
        for member in replica_set.members:
            assert "- true" in administer(member, "return box.space.of_the_next_version.is_sync")


def test_member_of_an_earlier_version_than_the_data_lets_another_one_lead(replica_set: ReplicaSet) -> None:
    old = replica_set.leader()
    updated = replica_set.others(old)
    for member in updated:
        update(member)
        replica_set.wait_until_whole()
    updated[0].promote()
    for _ in range(4):
        leader = replica_set.leader()
        assert leader in updated
        with killed(leader):
            replica_set.leader().write("a")
        replica_set.wait_until_whole()
