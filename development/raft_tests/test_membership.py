"""What operators do with the members of a replica set, and a single instance that becomes one, and back."""

import shutil
from pathlib import Path

import pytest
from tarantool.error import DatabaseError

from test_support.administration import run_cluster_command
from test_support.processes import ProcessUnderTest, Tarantool, wait_until
from test_support.replica_set import Member, NewTarantool, ReplicaSet


def refused(member: Tarantool, *command: str) -> str:
    result = run_cluster_command(member, *command)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


def done(member: Tarantool, *command: str) -> str:
    result = run_cluster_command(member, *command)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def id_of(member: Member, among: Member) -> str:
    (line,) = (line for line in done(among, "status").splitlines() if f"address {member.address}," in line)
    return line.split()[1].rstrip(":")


def test_leadership_is_handed_over(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.write("a")
    assert done(leader, "demote").startswith("the leader is 127.0.0.1:")
    second = replica_set.leader()
    assert second is not leader
    assert refused(leader, "demote").startswith("this member is not the leader: ask ")
    assert done(leader, "promote") == "this member is the leader\n"
    assert done(leader, "promote") == "this member is the leader already\n"
    assert replica_set.leader().read("a")[0] == ["1"]


def test_what_would_end_the_set_is_refused(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    first, second = replica_set.others(leader)
    own, other = id_of(leader, leader), id_of(first, leader)
    assert refused(leader, "remove", own).startswith("this member is the leader: demote it first")
    assert refused(leader, "remove", other) == f"member {other} runs: stop it first\n"
    assert refused(leader, "remove", "17").startswith("there is no member 17")
    assert refused(first, "remove", other).startswith("this member is not the leader")
    first.stop()
    wait_until(lambda: (leader.status() or {})["connected"] == 2, "the end of a member")
    assert refused(leader, "demote").startswith("without this member 1 of 3 members are heard")
    second.stop()
    assert refused(leader, "promote").startswith("this member hears ")
    second.start()
    wait_until(lambda: replica_set.leader() is not None, "a leader")


def test_member_is_replaced(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.write("a")
    lost = replica_set.others(leader)[0]
    number = id_of(lost, leader)
    lost.kill()
    shutil.rmtree(lost.directory)
    wait_until(lambda: (leader.status() or {})["connected"] == 2, "the end of a member")
    assert done(leader, "replace", number) == f"member {number} is removed\n"
    replica_set.leader().write("b")
    lost.start()
    replica_set.wait_until_whole()
    done(lost, "promote")
    assert lost.read("a", "b")[0] == ["1", "1"]


def test_single_instance_becomes_a_replica_set_and_back(tmp_path: Path) -> None:
    replica_set = ReplicaSet("key_value", tmp_path)
    first, *others = replica_set.members
    single = NewTarantool("key_value", first.log.parent, TARANTOOL_PASSWORD_FILE=str(first.password_file))
    single.password_file = first.password_file
    with single:
        single.write("single")
        single.stop()
        with replica_set:
            leader = replica_set.wait_until_whole()
            assert leader.read("single")[0] == ["1"]
            for other in others:
                done(other, "promote")
                assert other.read("single")[0] == ["1"]
            replica_set.leader().write("replicated")
            done(first, "promote")
            first.write("last")
        # Not by mistake.
        ProcessUnderTest.start(single)
        assert single.wait() == 1
        assert "the data belong to a replica set of 3 members: set TARANTOOL_PEERS" in single.output.splitlines()[-1]
        single._environment["TARANTOOL_LEAVE_REPLICA_SET"] = "yes"
        single.start()
        assert single.read("single", "replicated", "last")[0] == ["1", "1", "1"]
        revision = single.write("again")[0]
        assert revision > 10**12  # an era has begun
        single.stop()
        del single._environment["TARANTOOL_LEAVE_REPLICA_SET"]
        single.start()
        assert single.write("again")[0] == revision + 1


def test_last_of_three_goes_on_alone_and_becomes_three_again(tmp_path: Path) -> None:
    replica_set = ReplicaSet("key_value", tmp_path)
    with replica_set:
        leader = replica_set.wait_until_whole()
        leader.write("a")
        replica_set.wait_until_alike()
        revision = leader.write("a")[0]
        replica_set.wait_until_alike()
        last, *lost = replica_set.members
        for member in lost:
            member.kill()
            shutil.rmtree(member.directory)
        last.stop()
        single = NewTarantool("key_value", last.log.parent, TARANTOOL_LEAVE_REPLICA_SET="yes")
        single.password_file = last.password_file
        single._environment["TARANTOOL_PASSWORD_FILE"] = str(last.password_file)
        with single:
            assert single.read("a")[0] == ["1"]
            assert single.write("a")[0] > revision + 10**12  # an era has begun
        for member in replica_set.members:
            member.start()
        replica_set.wait_until_whole()
        for member in lost:
            member.promote()
            assert member.read("a")[0] == ["1"]


def test_members_need_the_same_passwords(tmp_path: Path) -> None:
    replica_set = ReplicaSet("key_value", tmp_path)
    member = replica_set.members[0]
    member._environment["TARANTOOL_REPLICATION_PASSWORD_FILE"] = str(tmp_path / "absent")
    member.start()
    assert member.wait() == 78
    assert member.output.startswith("broken setting TARANTOOL_REPLICATION_PASSWORD_FILE: must name a file that exists, the same")


def test_other_users_have_no_more_rights_than_on_a_single_instance(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    for name in ("cluster.confirm", "cluster.remove", "cluster.promote", "box.cfg"):
        with pytest.raises(DatabaseError, match="denied"):
            leader.call(name)
