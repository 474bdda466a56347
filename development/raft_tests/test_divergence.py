"""A member that was elected, and wrote so, while the others did not hear of it and elected another one."""

from test_support.administration import administer
from test_support.processes import wait_until
from test_support.replica_set import Member, ReplicaSet


def elect_alone(replica_set: ReplicaSet, alone: Member) -> None:
    """Let a member write that it leads where no other one copies it, and end it."""
    for member in replica_set.members:
        administer(member, "rawset(_G, 'sources', box.cfg.replication) box.cfg{replication = {}}")
    administer(alone, "box.cfg{replication_synchro_quorum = 1, election_mode = 'manual'} box.ctl.promote()")
    wait_until(lambda: "true" in administer(alone, "return box.info.synchro.queue.owner == box.info.id"), "its election")
    alone.kill()
    for member in replica_set.others(alone):
        administer(member, "box.cfg{replication = sources}")


def test_member_whose_log_contradicts_the_others_joins_again(replica_set: ReplicaSet) -> None:
    replica_set.leader().write("before")
    replica_set.wait_until_alike()
    alone, *others = replica_set.members
    elect_alone(replica_set, alone)
    for member in others:  # each is elected after it
        member.promote()
        member.write("meanwhile")
    leader = replica_set.leader(among=others)
    term = leader.call("cluster.status")["term"]
    alone.start()
    wait_until(lambda: not alone.is_running(), "the end of the member that contradicts")
    assert alone.wait() == 1
    assert "joins again" in alone.output
    assert leader.call("cluster.status")["term"] == term  # the others go on
    alone.start()
    replica_set.wait_until_whole()
    [folder] = alone.directory.glob("diverged_*")
    assert list(folder.glob("*.snap"))
    alone.promote()
    assert alone.read("before", "meanwhile")[0] == ["1", "1"]
