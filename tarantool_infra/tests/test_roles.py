"""Roles of an instance, and what administrators do on its socket."""

import os
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import tarantool

from test_support.administration import administer, run_cluster_command
from test_support.processes import Tarantool

LEADER = "192.0.2.1:3302"


class DebiansTarantool(Tarantool):
    """Debian's, whatever comes first in PATH."""

    program = "/usr/bin/tarantool"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    with Tarantool("key_value", tmp_path_factory.mktemp("roles")) as server:
        yield server


@pytest.fixture
def service(server: Tarantool) -> Iterator[tarantool.Connection]:
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        yield connection
    assume(server, "leader")


def assume(server: Tarantool, role: str, leader: str = "") -> None:
    administer(server, f"require('common.leadership').assume('{role}', '{leader}')")


def status(service: tarantool.Connection) -> dict[str, object]:
    answer: dict[str, object] = service.call("cluster.status")[0]
    return answer


def write(service: tarantool.Connection, key: str) -> object:
    return service.call("key_value.write", "default", [[key, "1"]], None, False, {})[0]


def test_single_instance_leads(service: tarantool.Connection) -> None:
    assert status(service) == {
        "mode": "single",
        "role": "leader",
        "leader": "",
        "term": 0,
        "name": "",
        "quorum": 1,
        "connected": 1,
        "is_serving": True,
        "age": 0,
    }


def test_follower_refuses_everything_and_names_the_leader(server: Tarantool, service: tarantool.Connection) -> None:
    assume(server, "follower", LEADER)
    refusal = ["not leader", LEADER]
    assert write(service, "refused") == refusal
    assert service.call("key_value.read", "default", ["refused"], 1000)[0] == refusal
    assert service.call("namespaces.list", ["*"], "", 10)[0] == refusal
    assert service.call("transactions.run", "default", [], [["delete", "refused"]], [], 1000)[0] == refusal
    assert service.call("disk.is_writable")[0] is True
    answer = status(service)
    assert (answer["role"], answer["leader"], answer["is_serving"]) == ("follower", LEADER, False)


def test_leader_again_has_what_it_had_and_nothing_that_was_refused(server: Tarantool, service: tarantool.Connection) -> None:
    write(service, "kept")
    assume(server, "follower")
    assert write(service, "refused") == ["not leader", ""]
    assume(server, "leader")
    assert service.call("key_value.read", "default", ["kept", "refused"], 1000)[0][0] == ["1", None]


def test_demotion_ends_long_polls(server: Tarantool, service: tarantool.Connection) -> None:
    [namespace_id, revision, _] = service.call("changes.attach", "default")[0]
    with (
        closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as follower,
        ThreadPoolExecutor() as pool,
    ):
        answer = pool.submit(follower.call, "changes.follow", [[namespace_id, revision]], 600, 1000)
        write(service, "followed")  # so it is answered whenever it arrives
        assert answer.result()[0][0][1] == revision + 1
        answer = pool.submit(follower.call, "changes.follow", [[namespace_id, revision + 1]], 600, 1000)
        assume(server, "follower", LEADER)  # before it has begun, or while it waits
        assert answer.result()[0] == ["not leader", LEADER]


def test_administrators_socket_is_its_owners(server: Tarantool) -> None:
    path = server.directory / "admin.sock"
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_status_is_printed(server: Tarantool) -> None:
    printed = run_cluster_command(server, "status")
    assert printed.returncode == 0
    assert "role: leader" in printed.stdout


@pytest.mark.parametrize("command", [["promote"], ["demote"], ["remove", "1"], ["replace", "1"]])
def test_commands_need_a_replica_set(server: Tarantool, command: list[str]) -> None:
    refused = run_cluster_command(server, *command)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "this is a single instance: TARANTOOL_PEERS is not set\n"


@pytest.mark.parametrize("command", [[], ["divide"], ["remove"], ["remove", "x"], ["status", "1"]])
def test_other_commands_are_refused(server: Tarantool, command: list[str]) -> None:
    refused = run_cluster_command(server, *command)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("usage: ")
    assert refused.stderr.count("\n") == 1


def test_command_without_an_instance_says_so(tmp_path: Path) -> None:
    refused = run_cluster_command(Tarantool("key_value", tmp_path), "status")
    assert refused.returncode == 1
    assert refused.stderr.startswith("no instance runs on ")


def test_socket_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    with Tarantool("key_value", tmp_path) as server:
        server.kill()
        server.start()
        assert run_cluster_command(server, "status").returncode == 0


def test_replica_set_is_refused_in_one_line_by_debians_tarantool(tmp_path: Path) -> None:
    server = DebiansTarantool("key_value", tmp_path, TARANTOOL_PEERS="127.0.0.1:3302,127.0.0.1:3303,127.0.0.1:3304")
    super(Tarantool, server).start()
    assert server.wait() == 78
    assert server.output.startswith(
        "broken setting TARANTOOL_PEERS: a replica set needs Tarantool 3.3 or later, and this is 2.6."
    )
    assert server.output.count("\n") == 1
    assert not os.path.lexists(server.directory)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
