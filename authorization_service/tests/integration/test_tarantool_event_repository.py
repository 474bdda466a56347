"""The contract of EventRepository, for Tarantool, retention, and durability."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from authorization_service.application.event.event_repository import EventFilter, EventPage, KeptEvent
from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.group_name import GroupName
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from authorization_service.infrastructure.db.repositories.tarantool_event_repository import TarantoolEventRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.event_repository_contract import EventRepositoryContract, Log
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.kept_events import FOR_AGES, read_events
from test_support.authorization.user_repository_contract import unused_name
from test_support.connections import connected
from test_support.processes import ROOT, ProcessUnderTest, Tarantool, wait_until

ALL = EventFilter()
NOT_YET = """
arg[0] = '{init}'
dofile(arg[0])
local events = require('authorization_tarantool.events')
local function count()
    return #events.list('', '', '', 0, 10)[3]
end
box.begin()
events.append({{{{'Happened', nil, 0, '{{}}'}}}})
print('not yet: ' .. count())
box.commit()
print('now: ' .. count())
os.exit(0)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path_factory.mktemp("events"), **FOR_AGES) as server:
        yield server


class TestTarantoolEventRepository(EventRepositoryContract):
    @pytest.fixture
    async def log(self, server: Tarantool) -> AsyncIterator[Log]:
        async with connected(server) as connection:
            groups = TarantoolGroupRepository(connection)

            async def happen(events: Sequence[DomainEvent]) -> None:
                assert await groups.add(Group(GroupName(unused_name().lower()), NOON), events)

            events = TarantoolEventRepository(connection)
            start = (await events.list(ALL, 0, 0)).last
            yield Log(events, TarantoolUserRepository(connection), happen, start)


async def happen(connection: TarantoolConnection, kind: str, times: range, *, at: int = 0) -> None:
    """Record events of a kind, `at` microseconds since 1970."""
    events = [[kind, "", at, f'{{"time":{time}}}'] for time in times]
    assert await connection.call("groups.create", [[unused_name(), 0], events]) == [True]


def times_of(page: EventPage) -> list[object]:
    return [event.data["time"] for event in page.events]


async def test_oldest_events_of_a_type_are_evicted_and_other_types_stay(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, TARANTOOL_EVENTS_KEPT="100", **FOR_AGES) as server:
        async with connected(server) as connection:
            events = TarantoolEventRepository(connection)
            await happen(connection, "Rare", range(3))
            assert (await events.list(ALL, 0, 1000)).forgotten == 0
            for start in (0, 90, 180):
                await happen(connection, "Frequent", range(start, start + 90))
            rare, frequent = await events.list(EventFilter("Rare"), 0, 1000), await events.list(EventFilter("Frequent"), 0, 1000)
            assert (times_of(rare), rare.forgotten) == ([0, 1, 2], 0)
            assert times_of(frequent) == list(range(170, 270))
            assert frequent.forgotten == (await events.list(ALL, 0, 0)).forgotten == frequent.events[0].number - 1
            assert frequent.last == rare.last == frequent.events[-1].number


async def test_lowered_limit_is_applied_without_new_events(tmp_path: Path) -> None:
    server = Tarantool("authorization", tmp_path, **FOR_AGES)
    with server:
        async with connected(server) as connection:
            for kind in ("One", "Other"):
                await happen(connection, kind, range(700))
    server = Tarantool("authorization", tmp_path, TARANTOOL_EVENTS_KEPT="100", **FOR_AGES)
    with server:
        wait_until(lambda: len(read_events(server)) == 200, "sweeping events", 10)
        assert [event.data["time"] for event in read_events(server)] == 2 * list(range(600, 700))


async def test_events_that_are_too_old_are_deleted_and_the_rest_stays(tmp_path: Path) -> None:
    day = 86400 * 10**6
    with Tarantool("authorization", tmp_path, TARANTOOL_EVENTS_KEPT_DAYS="1") as server:
        async with connected(server) as connection:
            moment = (datetime.now(UTC) - EPOCH) // MICROSECOND
            await happen(connection, "Old", range(500), at=moment - 2 * day)
            await happen(connection, "Mixed", range(1), at=moment - 2 * day)
            await happen(connection, "Mixed", range(1, 2), at=moment)
            await happen(connection, "Young", range(3), at=moment - day // 2)
            await asyncio.to_thread(wait_until, lambda: len(read_events(server)) == 4, "sweeping events", 10)
            events = TarantoolEventRepository(connection)
            page = await events.list(ALL, 0, 1000)
            assert [(event.type, event.data["time"]) for event in page.events] == [
                ("Mixed", 1), ("Young", 0), ("Young", 1), ("Young", 2),
            ]  # fmt: skip
            assert page.forgotten == page.events[0].number - 1
            assert [(await events.list(EventFilter(kind), 0, 0)).forgotten for kind in ("Old", "Young")] == [500, 0]


async def test_events_survive_a_kill_and_later_numbers_are_greater(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, **FOR_AGES) as server:
        async with connected(server) as connection:
            events, users = TarantoolEventRepository(connection), TarantoolUserRepository(connection)
            user = make_user(unused_name())
            await users.add(user.administer(NOON, "by", is_enabled=False))
            page = await events.list(ALL, 0, 10)
            assert [event.type for event in page.events] == ["UserDisabled"]
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            assert await events.list(ALL, 0, 10) == page
            assert await users.remove(user.delete(NOON, "by"))
            (later,), last, _ = await events.list(ALL, page.last, 10)
            assert (later.type, later.number) == ("UserDeleted", last)


async def test_numbers_are_not_reused_after_all_events_are_deleted(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as server:
        async with connected(server) as connection:
            events = TarantoolEventRepository(connection)
            await happen(connection, "Old", range(3))
            await asyncio.to_thread(wait_until, lambda: read_events(server) == [], "sweeping events", 10)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            assert await events.list(ALL, 0, 10) == EventPage([], 3, 3)
            await happen(connection, "Old", range(1))
            assert (await events.list(ALL, 0, 10)).last == 4


async def follow(events: TarantoolEventRepository, most: int) -> list[KeptEvent]:
    """Read page after page until that many events are seen."""
    seen: list[KeptEvent] = []
    while len(seen) < most:
        seen += (await events.list(ALL, seen[-1].number if seen else 0, 7)).events
    return seen


async def let_happen(connection: TarantoolConnection, times: int) -> None:
    for time in range(times):
        await happen(connection, "Happened", range(time, time + 2))


async def test_follower_misses_no_concurrent_event(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, **FOR_AGES) as server:
        async with connected(server) as connection:
            events = TarantoolEventRepository(connection)
            seen, *_ = await asyncio.gather(follow(events, 1000), *(let_happen(connection, 10) for _ in range(50)))
            assert seen == (await events.list(ALL, 0, 2000)).events


def test_event_is_visible_only_when_it_is_on_disk(tmp_path: Path) -> None:
    script = tmp_path / "not_yet.lua"
    script.write_text(NOT_YET.format(init=ROOT / "tarantool_infra/authorization_tarantool/init.lua"))
    server = Tarantool("authorization", tmp_path, **FOR_AGES)
    server._command = ["tarantool", str(script)]
    assert ProcessUnderTest.start(server).wait() == 0
    assert server.output.splitlines()[-2:] == ["not yet: 0", "now: 1"]
