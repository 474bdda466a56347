"""The contract of EventRepository, for the fake and for Tarantool."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest

from authorization_service.application.event.event_repository import EventFilter, EventPage, EventRepository, KeptEvent
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.people import GroupCreated, PasswordChanged, ProfileChanged, UserEnabled
from test_support.authorization.fakes import NOON, make_user
from test_support.authorization.user_repository_contract import unused_name

ALL = EventFilter()


class Log(NamedTuple):
    """The events since the beginning of a test: the store may have earlier ones."""

    events: EventRepository
    users: UserRepository
    happen: Callable[[Sequence[DomainEvent]], Awaitable[None]]
    start: int

    async def read(self, wanted: EventFilter = ALL, after: int = 0, most: int = 1000) -> EventPage:
        return await self.events.list(wanted, max(self.start, after), most)

    async def add_user(self) -> User:
        user = make_user(unused_name())
        await self.users.add(user)
        return user

    async def change_profile(self, user: User, *fields: str) -> None:
        """Change the user's profile, once per field."""
        for field in fields:
            await self.happen([ProfileChanged(user_id=str(user.id), occurred_at=NOON, fields=(field,))])


def fields_of(page: EventPage) -> list[object]:
    """Return the changed fields, event by event."""
    changes = [event.data["fields"] for event in page.events]
    return [field for fields in changes if isinstance(fields, Sequence) for field in fields]


class EventRepositoryContract:
    """Inherit it as `Test…` and define the fixture `log`."""

    async def test_event_is_read_as_it_was_recorded(self, log: Log) -> None:
        user = await log.add_user()
        moment = NOON + timedelta(microseconds=1)
        await log.happen([UserEnabled(user_id=str(user.id), occurred_at=moment, by="a b")])
        (event,), last, _ = await log.read()
        expected = KeptEvent(event.number, "UserEnabled", str(user.id), user.username.value, moment, {"by": "a b"})
        assert event == expected
        assert event.number == last > log.start

    async def test_event_may_concern_no_known_user(self, log: Log) -> None:
        for nobody in (None, str(uuid4())):
            await log.happen([GroupCreated(user_id=nobody, occurred_at=NOON, group="team", by="x")])
        assert [(event.user_id is None, event.username) for event in (await log.read()).events] == [(True, None), (False, None)]

    async def test_events_come_in_the_order_in_which_they_happened_and_not_of_their_clocks(self, log: Log) -> None:
        user = await log.add_user()
        for hour in (2, 1, 3):
            await log.happen(
                [
                    ProfileChanged(user_id=str(user.id), occurred_at=NOON + timedelta(hours=hour), fields=(f"{hour} {part}",))
                    for part in "ab"
                ]
            )
        assert fields_of(await log.read()) == ["2 a", "2 b", "1 a", "1 b", "3 a", "3 b"]

    async def test_pages_have_no_gaps_and_later_events_follow(self, log: Log) -> None:
        user = await log.add_user()
        await log.change_profile(user, *"abcde")
        found, after = [], 0
        while page := (await log.read(after=after, most=2)).events:
            assert len(page) <= 2
            found += [event.data["fields"] for event in page]
            after = page[-1].number
            if len(found) == 4:
                await log.change_profile(user, "f")
        assert found == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]

    async def test_page_after_the_last_event_is_empty(self, log: Log) -> None:
        await log.change_profile(await log.add_user(), "a")
        last = (await log.read()).last
        for after in (last, last + 1, 2**53 - 1):
            assert await log.read(after=after) == EventPage([], last, (await log.read()).forgotten)

    async def test_each_filter_finds_what_it_says_and_nothing_else(self, log: Log) -> None:
        anna, bella = await log.add_user(), await log.add_user()
        for _ in range(2):
            for user in (anna, bella):
                await log.change_profile(user, user.username.value)
                await log.happen([PasswordChanged(user_id=str(user.id), occurred_at=NOON)])
        whole = (await log.read()).events
        assert len(whole) == 8
        for wanted in (
            EventFilter("ProfileChanged"),
            EventFilter(user_id=str(anna.id)),
            EventFilter(username_key=anna.username.key),
            EventFilter("PasswordChanged", user_id=str(anna.id)),
            EventFilter("PasswordChanged", username_key=bella.username.key),
            EventFilter("UserEnabled"),
            EventFilter(user_id=str(uuid4())),
            EventFilter(username_key=unused_name().lower()),
        ):
            found = (await log.read(wanted)).events
            assert found == [
                event
                for event in whole
                if wanted.type in {"", event.type}
                and wanted.user_id in {"", event.user_id}
                and wanted.username_key in {"", (event.username or "").lower()}
            ]
            if found:
                assert (await log.read(wanted, after=found[0].number, most=1)).events == found[1:2]

    async def test_username_finds_events_of_deleted_users_and_their_successors(self, log: Log) -> None:
        gone = await log.add_user()
        await log.change_profile(gone, "gone")
        assert await log.users.remove(gone.delete(NOON, "by"))
        heir = make_user(gone.username.value.swapcase())
        await log.users.add(heir)
        await log.change_profile(heir, "heir")
        by_name = (await log.read(EventFilter(username_key=gone.username.key))).events
        assert [(event.type, event.user_id) for event in by_name] == [
            ("ProfileChanged", str(gone.id)),
            ("UserDeleted", str(gone.id)),
            ("ProfileChanged", str(heir.id)),
        ]
        assert [event.username for event in by_name] == [gone.username.value] * 2 + [heir.username.value]
        assert (await log.read(EventFilter(user_id=str(gone.id)))).events == by_name[:2]

    async def test_newest_events_come_first_without_gaps_where_that_is_asked_for(self, log: Log) -> None:
        user, other = await log.add_user(), await log.add_user()
        await log.change_profile(user, *"abc")
        await log.change_profile(other, "other")
        await log.change_profile(user, *"de")
        for wanted in (EventFilter(user_id=str(user.id)), EventFilter("ProfileChanged", username_key=user.username.key)):
            found: list[object] = []
            after = 2**53 - 1
            while page := await log.events.list(wanted, after, 2, newest_first=True):
                changes = [event for event in page.events if event.number > log.start and "fields" in event.data]
                if not changes:
                    break
                assert [event.number for event in changes] == sorted((event.number for event in changes), reverse=True)
                found += [event.data["fields"] for event in changes]
                after = changes[-1].number
            assert found == [["e"], ["d"], ["c"], ["b"], ["a"]]
        (latest,) = (await log.events.list(ALL, 2**53 - 1, 1, newest_first=True)).events
        assert latest.number == (await log.read()).last

    @pytest.mark.parametrize("most", [0, 1])
    async def test_page_has_no_more_than_the_limit(self, log: Log, most: int) -> None:
        await log.change_profile(await log.add_user(), "a", "b")
        assert len((await log.read(most=most)).events) == most
