"""The network between members and services is cut while clients write and read through two services: one linearizable history."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from test_support.administration import administer
from test_support.crashes import CLIENTS, MIN_OPERATIONS, chooser, conclude, connect
from test_support.network import Network, Place
from test_support.processes import Service
from test_support.replica_set import MEMBERS, Member, ReplicaSet
from test_support.tokens import TokenMaker, publish_keys
from verification.recorded_load import Load, Log, Record

CUT_SECONDS = (0.0, 3.0, 15.0)
"""How long a cut lasts after the others have elected a leader: TCP, left alone, waits for as long again once it is over."""
OF_FIRST, OF_SECOND = range(CLIENTS // 2), range(CLIENTS // 2, CLIENTS)
"""Clients of the two services."""


class MemberElsewhere(Member):
    """A member on a machine of its own, whose state is asked for over no network."""

    def __init__(self, place: Place, instance: str, folder: Path) -> None:
        self.place = place
        self.host = place.address
        super().__init__(instance, folder)
        self._command = [*place.enter, *self._command]

    def status(self) -> dict[str, Any] | None:
        """Return what `cluster.status` returns, or None where there is no socket to ask on."""
        try:
            text = administer(self, "return require('json').encode(cluster.status())")
        except OSError:
            return None
        status: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1].replace("\n  ", " "))
        return status


class ServiceElsewhere(Service):
    """A key-value service on a machine of its own."""

    def __init__(self, place: Place, folder: Path, replica_set: ReplicaSet, jwks_url: str) -> None:
        self.place = place
        self.host = place.address
        super().__init__(
            "key_value",
            folder,
            replica_set.members[0],
            KEY_VALUE_TARANTOOL_ADDRESSES=replica_set.addresses,
            KEY_VALUE_JWKS_URL=jwks_url,
        )
        self._command = [*place.enter, *self._command]


@dataclass(frozen=True)
class Scene:
    """Three members and two services, each on a machine of its own."""

    network: Network
    replica_set: ReplicaSet
    services: tuple[ServiceElsewhere, ServiceElsewhere]


Cut = Callable[[Scene, Place, list[Place]], None]
"""Cuts the network of a scene: the leader's place, and those of the other members."""


def leader_alone(scene: Scene, leader: Place, others: list[Place]) -> None:
    scene.network.cut([leader], [*others, *(service.place for service in scene.services)])


def leader_with_a_service(scene: Scene, leader: Place, others: list[Place]) -> None:
    first, second = scene.services
    scene.network.cut([leader, first.place], [*others, second.place])


def leader_is_not_heard(scene: Scene, leader: Place, others: list[Place]) -> None:
    scene.network.drop([leader], others)


def leader_hears_nobody(scene: Scene, leader: Place, others: list[Place]) -> None:
    scene.network.drop(others, [leader])


@pytest.fixture
def scene(tmp_path: Path, tokens: TokenMaker) -> Iterator[Scene]:
    with ExitStack() as stack:
        network = stack.enter_context(Network(MEMBERS + 2))
        places = iter(network.places)
        jwks_url = stack.enter_context(publish_keys(tokens, host=network.host))
        replica_set = ReplicaSet("key_value", tmp_path, lambda instance, folder: MemberElsewhere(next(places), instance, folder))
        stack.enter_context(replica_set)
        replica_set.wait_until_whole()
        first = ServiceElsewhere(next(places), tmp_path / "first", replica_set, jwks_url)
        second = ServiceElsewhere(next(places), tmp_path / "second", replica_set, jwks_url)
        for service in (first, second):
            stack.enter_context(service).wait_until_ready()
        yield Scene(network, replica_set, (first, second))


def place_of(member: Member) -> Place:
    assert isinstance(member, MemberElsewhere)
    return member.place


def count_leaders(scene: Scene) -> int:
    return sum(member.is_serving() for member in scene.replica_set.members)


async def cut_and_heal(scene: Scene, record: Record, cut: Cut, seconds: float) -> tuple[float | None, float | None]:
    """Return the seconds from the cut to a change at the second service, and from its end to one at the first."""
    replica_set = scene.replica_set
    await record.grow(by=MIN_OPERATIONS)
    leader = await asyncio.to_thread(replica_set.wait_until_whole)
    others = replica_set.others(leader)
    await asyncio.to_thread(cut, scene, place_of(leader), [place_of(other) for other in others])
    cut_at = record.now()
    await asyncio.to_thread(replica_set.leader, 60.0, others)
    assert await asyncio.to_thread(count_leaders, scene) == 1
    await record.grow(by=MIN_OPERATIONS)
    await asyncio.sleep(seconds)
    assert await asyncio.to_thread(count_leaders, scene) == 1
    healed_at = record.now()
    await asyncio.to_thread(scene.network.heal)
    await asyncio.to_thread(replica_set.wait_until_whole)
    while record.find_pause(healed_at, OF_FIRST) is None:
        await record.grow(by=CLIENTS)
    return record.find_pause(cut_at, OF_SECOND), record.find_pause(healed_at, OF_FIRST)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cut", [leader_alone, leader_with_a_service, leader_is_not_heard, leader_hears_nobody])
async def test_history_is_linearizable_across_partitions(scene: Scene, tokens: TokenMaker, cut: Cut) -> None:
    first, second = scene.services
    token = tokens.make()
    record, log = Record(), Log(connect(second, token))
    connections = [connect(first if client in OF_FIRST else second, token) for client in range(CLIENTS)]
    async with log:
        async with Load(connections, chooser(log), record):
            pauses = [await cut_and_heal(scene, record, cut, seconds) for seconds in CUT_SECONDS]
        verdict = await conclude(second, token, record, log)
    print(f"{cut.__name__}: {verdict}")
    for seconds, (after_cut, after_heal) in zip(CUT_SECONDS, pauses, strict=True):
        print(
            f"cut for {seconds:.0f} s more: acknowledged again {after_cut:.2f} s after the cut, {after_heal:.2f} s after its end"
        )
    assert verdict.answered > len(CUT_SECONDS) * MIN_OPERATIONS
