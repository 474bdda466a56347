"""Records and services by themselves, on the store that they are written for, and pages of what was found already."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from accounts.db import keys, make_client
from accounts.db.records import Plan
from accounts.exceptions import RuleError, TakenError
from accounts.schemas.user_groups import UserGroupCreate
from accounts.schemas.users import User, UserCreate, UserUpdate
from accounts.services.pages import Part, slice_ids
from accounts.services.user_groups import UserGroupService
from accounts.services.users import UserService
from accounts.settings import Settings
from key_value_client import AsyncNamespace

IDS = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(5)]


@pytest.fixture
async def namespace(environment: dict[str, str]) -> AsyncIterator[AsyncNamespace]:
    members: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    async with make_client(Settings(_env_file=None, **members)) as client:
        name = f"accounts-{uuid4().hex}"
        await client.create_namespace(name)
        yield client.namespace(name)


async def read_events(namespace: AsyncNamespace, subject: str) -> list[tuple[int, str]]:
    found = [pair.value async for pair in namespace.scan(f"{keys.OUTBOX}{subject}/")]
    return [(event["number"], event["type"]) for event in found]


async def test_a_change_is_planned_again_where_somebody_was_faster(namespace: AsyncNamespace) -> None:
    users = UserService(namespace)
    user = await users.create(UserCreate(username="anna", first_name="Anna"))
    planned: list[int] = []

    async def plan(found: User) -> Plan[User]:
        planned.append(found.events)
        if len(planned) == 1:
            await users.update(user.id, UserUpdate(first_name="Faster"))
        return Plan(found.model_copy(update={"last_name": "Petrova"}), ("user.updated", {}))

    changed = await users.records.change(user.id, plan)
    assert (planned, changed.first_name, changed.last_name, changed.events) == ([1, 2], "Faster", "Petrova", 3)
    assert await read_events(namespace, user.id) == [(1, "user.created"), (2, "user.updated"), (3, "user.updated")]


async def test_a_refused_change_leaves_nothing(namespace: AsyncNamespace) -> None:
    users = UserService(namespace)
    user = await users.create(UserCreate(username="anna", first_name="Anna"))
    with pytest.raises(TakenError):
        await users.create(UserCreate(username="ANNA", first_name="Another"))
    assert [pair.key async for pair in namespace.scan(keys.OUTBOX)] == [keys.event(user.id, 1)]
    assert len([pair async for pair in namespace.scan(keys.USERS)]) == 1


async def test_memberships_are_events_of_the_user(namespace: AsyncNamespace) -> None:
    users = UserService(namespace)
    groups = UserGroupService(namespace, users)
    group = await groups.create(UserGroupCreate(name="Team"))
    user = await users.create(UserCreate(username="anna", first_name="Anna"))
    for _ in range(2):
        await groups.add_member(group.id, "user", user.id)
    await groups.remove_member(group.id, "user", user.id)
    expected = [(1, "user.created"), (2, "membership.created"), (3, "membership.deleted")]
    assert await read_events(namespace, user.id) == expected
    assert await read_events(namespace, group.id) == [(1, "group.created")]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_pages_of_ids_have_each_once(is_reversed: bool) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = slice_ids(set(IDS), Part(2, cursor, is_reversed))
        seen += page
        if cursor is None:
            break
    assert seen == sorted(IDS, reverse=is_reversed)


def test_a_cursor_that_is_none_is_refused() -> None:
    with pytest.raises(RuleError):
        slice_ids(IDS, Part(2, "x", is_reversed=False))
