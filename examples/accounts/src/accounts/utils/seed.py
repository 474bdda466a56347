"""Demonstration data."""

import asyncio
import sys

from accounts.exceptions import TakenError
from accounts.schemas.user_contacts import UserContactCreate
from accounts.schemas.user_groups import UserGroupCreate
from accounts.schemas.users import UserCreate
from accounts.services.contact_types import ContactTypeService
from accounts.services.user_contacts import UserContactService
from accounts.services.user_groups import UserGroupService
from accounts.services.users import UserService
from key_value_client import AsyncNamespace

AT_ONCE = 20


async def fill(namespace: AsyncNamespace, number: int) -> None:
    """Add users with an e-mail address each, in groups of ten, which are in one group. What is there stays."""
    users = UserService(namespace)
    contacts = UserContactService(namespace, users, ContactTypeService(namespace))
    groups = UserGroupService(namespace, users)
    slots = asyncio.Semaphore(AT_ONCE)

    async def add(each: int, team: str | None) -> int:
        async with slots:
            body = UserCreate(username=f"demo-{each:05}", first_name="Demo", last_name=f"{each:05}", profile={"number": each})
            try:
                user = await users.create(body)
            except TakenError:
                return 0
            await contacts.create(user.id, UserContactCreate(type="email", value=f"{user.username}@example.com"))
            if team is not None:
                await groups.add_member(team, "user", user.id)
            return 1

    async def add_group(name: str) -> str | None:
        try:
            return (await groups.create(UserGroupCreate(name=name))).id
        except TakenError:
            return None

    everybody = await add_group("demo everybody")
    teams = [await add_group(f"demo team {team}") for team in range((number + 9) // 10)]
    for team in teams:
        if team is not None and everybody is not None:
            await groups.add_member(everybody, "group", team)
    added = sum(await asyncio.gather(*(add(each, teams[each // 10]) for each in range(number))))
    sys.stdout.write(f"{added:,} users added\n")
