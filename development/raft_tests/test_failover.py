"""Members that are lost, frozen, or come back."""

import shutil
import time
from contextlib import closing

import pytest
import tarantool

from test_support.processes import wait_until
from test_support.replica_set import ReplicaSet, frozen


def test_followers_refuse_and_name_the_leader(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    assert leader.write("a")[1:] == [[], 1]
    for follower in replica_set.others(leader):
        refusal = ["not leader", leader.address]
        assert follower.write("a") == refusal
        assert follower.read("a") == refusal
        assert follower.call("namespaces.find", "default") == refusal
        assert follower.call("disk.is_writable") is True
    assert leader.read("a") == [["1"], 1]


def test_each_member_may_be_lost(replica_set: ReplicaSet) -> None:
    for number in range(6):
        leader = replica_set.leader()
        leader.write(f"key-{number}")
        leader.kill()
        successor = replica_set.leader(among=replica_set.others(leader))
        assert successor.read(*(f"key-{past}" for past in range(number + 1)))[0] == ["1"] * (number + 1)
        leader.start()
        replica_set.wait_until_whole()
    replica_set.wait_until_alike()


def test_frozen_leader_answers_nothing_stale(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.write("a", value='"old"')
    with closing(leader.connect()) as connection:
        for number in range(5):
            with frozen(leader):
                successor = replica_set.leader(among=replica_set.others(leader))
                successor.write("a", value=f'"new-{number}"')
                # It is in the frozen leader's socket before that goes on.
                request = tarantool.request.RequestCall(connection, "key_value.read", ("default", ["a"], 1000), None)
                connection._socket.sendall(bytes(request))
            answer = connection._read_response()
            assert "not leader" in repr(answer)
            assert "old" not in repr(answer)
            leader.call("cluster.status")
            replica_set.wait_until_alike()
            successor.stop()
            successor.start()
            replica_set.wait_until_whole()
            if not leader.is_serving():
                leader.promote()
            leader.write("a", value='"old"')


def test_without_a_quorum_nothing_is_answered_and_nothing_is_lost(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.write("before")
    first, second = replica_set.others(leader)
    first.kill()
    assert replica_set.leader().read("before")[0] == ["1"]
    replica_set.leader().write("with two")
    second.kill()
    wait_until(lambda: not leader.is_serving(), "the end of the lease")
    refusal = ["not leader", ""]
    assert leader.write("alone") == refusal
    assert leader.read("before") == refusal
    second.start()
    assert replica_set.leader().read("before", "with two")[0] == ["1", "1"]
    first.start()
    replica_set.wait_until_whole()
    replica_set.wait_until_alike()


@pytest.mark.parametrize("of", ["follower", "leader"])
def test_member_with_an_empty_disk_becomes_whole(replica_set: ReplicaSet, of: str) -> None:
    leader = replica_set.leader()
    leader.write(*(f"key-{number}" for number in range(1000)))
    lost = leader if of == "leader" else replica_set.others(leader)[0]
    lost.kill()
    shutil.rmtree(lost.directory)
    replica_set.leader(among=replica_set.others(lost)).write("meanwhile")
    lost.start()
    replica_set.wait_until_whole()
    replica_set.wait_until_alike()
    # It can lead.
    lost.promote()
    assert lost.read("key-999", "meanwhile")[0] == ["1", "1"]


def test_expiry_goes_on_at_each_leader(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.call("key_value.write", "default", [["short", "1"]], 1, False, {})
    wait_until(lambda: leader.call("namespaces.describe", "default")[0] == 0, "the expiry")
    leader.kill()
    successor = replica_set.leader(among=replica_set.others(leader))
    successor.call("key_value.write", "default", [["short", "1"]], 1, False, {})
    wait_until(lambda: successor.call("namespaces.describe", "default")[0] == 0, "the expiry at the new leader")


def test_long_polls_end_with_the_leadership(replica_set: ReplicaSet) -> None:
    leader = replica_set.leader()
    leader.write("a")
    [namespace_id, revision, _] = leader.call("changes.attach", "default")
    with closing(leader.connect()) as follower:
        request = tarantool.request.RequestCall(follower, "changes.follow", ([[namespace_id, revision]], 600, 1000), None)
        follower._socket.sendall(bytes(request))
        began = time.monotonic()
        replica_set.others(leader)[0].promote()
        assert "not leader" in repr(follower._read_response())
        assert time.monotonic() - began < 300
