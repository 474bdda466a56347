"""Groups, and who is in them. Groups may be in groups, without a circle."""

from datetime import UTC, datetime
from typing import Any, Protocol

from accounts.db import keys
from accounts.db.records import Plan, R, Records
from accounts.exceptions import RuleError
from accounts.schemas import PageRead
from accounts.schemas.user_groups import Group, MemberKind, MembershipRead, UserGroupCreate, UserGroupUpdate
from accounts.schemas.users import User
from accounts.services.pages import Part, list_page, slice_ids
from accounts.services.users import UserService
from accounts.utils.identifiers import new_id
from key_value_client import AsyncNamespace, Pair


class MakePlan(Protocol):
    """Plans the change of a membership, with a record of either kind."""

    async def __call__(self, record: R) -> Plan[R]:
        """Return the plan."""


class UserGroupService:
    """What may be done with groups and memberships."""

    def __init__(self, namespace: AsyncNamespace, users: UserService) -> None:
        self._namespace = namespace
        self._users = users
        self.records = Records(namespace, keys.group, Group, "group")

    async def create(self, body: UserGroupCreate) -> Group:
        """Add a group. Raises TakenError."""
        now = datetime.now(UTC)
        group = Group(id=new_id(), created_at=now, updated_at=now, **body.model_dump())
        unique = {self._name(group.name): (group.id, "name")}
        return await self.records.add(Plan(group, ("group.created", {"name": group.name}), unique=unique))

    async def update(self, group_id: str, body: UserGroupUpdate) -> Group:
        """Change a group. Raises NotFoundError, TakenError."""

        async def plan(group: Group) -> Plan[Group]:
            changed = group.model_copy(update=body.model_dump(exclude_none=True))
            if changed == group:
                return Plan(group, None)
            before, after = self._name(group.name), self._name(changed.name)
            is_renamed = before != after
            return Plan(
                changed,
                ("group.updated", {"fields": sorted(body.model_dump(exclude_none=True))}),
                unique={after: (group.id, "name")} if is_renamed else {},
                deletes=(before,) if is_renamed else (),
            )

        return await self.records.change(group_id, plan)

    async def list_page(self, *, prefix: str, limit: int, cursor: str | None, reverse: bool) -> PageRead[Group]:
        """Return groups whose names begin with a prefix, by name."""

        async def load(pairs: list[Pair[Any]]) -> list[Group]:
            return await self.records.get_many([pair.value for pair in pairs])

        return await list_page(self._namespace, self._name(prefix), load, limit=limit, cursor=cursor, reverse=reverse)

    async def add_member(self, group_id: str, kind: MemberKind, member_id: str) -> None:
        """Put a user or a group into a group; twice is the same as once. Raises NotFoundError, RuleError.

        The event is the user's, so that it comes in the order of that user's events; that of a group is the outer group's.
        """
        await self.records.get(group_id if kind == "user" else member_id)

        async def plan(record: R) -> Plan[R]:
            if await self._namespace.find(keys.member(group_id, kind, member_id)) is not None:
                return Plan(record, None)
            writes: dict[str, Any] = {keys.member(group_id, kind, member_id): True}
            writes[keys.membership(kind, member_id, group_id)] = True
            expected = {}
            if kind == "group":
                # Two changes of the tree at once could close a circle that neither sees: so they are done one after the other.
                tree = await self._namespace.find(keys.GROUP_TREE)
                if member_id == group_id or member_id in await self._find_ancestors("group", group_id):
                    raise RuleError("A group cannot be in itself, not even by way of others.", "id")
                expected[keys.GROUP_TREE] = tree.revision if tree else 0
                writes[keys.GROUP_TREE] = True
            event = ("membership.created", {"kind": kind, "member": member_id, "group": group_id})
            return Plan(record, event, writes=writes, expected=expected)

        await self._change(group_id, kind, member_id, plan)

    async def remove_member(self, group_id: str, kind: MemberKind, member_id: str) -> None:
        """Take a user or a group out of a group; twice is the same as once. Raises NotFoundError."""
        await self.records.get(group_id)

        async def plan(record: R) -> Plan[R]:
            if await self._namespace.find(keys.member(group_id, kind, member_id)) is None:
                return Plan(record, None)
            deletes = (keys.member(group_id, kind, member_id), keys.membership(kind, member_id, group_id))
            event = ("membership.deleted", {"kind": kind, "member": member_id, "group": group_id})
            return Plan(record, event, deletes=deletes)

        await self._change(group_id, kind, member_id, plan)

    async def list_members(
        self, group_id: str, *, kind: MemberKind | None, limit: int, cursor: str | None, reverse: bool
    ) -> PageRead[MembershipRead]:
        """Return who is in a group itself: groups before users, each by age. Raises NotFoundError."""
        await self.records.get(group_id)
        prefix = keys.member(group_id)

        async def load(pairs: list[Pair[Any]]) -> list[MembershipRead]:
            return [_parse(pair.key.removeprefix(prefix)) for pair in pairs]

        wanted = keys.member(group_id, kind or "")
        return await list_page(self._namespace, wanted, load, limit=limit, cursor=cursor, reverse=reverse)

    async def list_nested_users(self, group_id: str, part: Part, *, is_active: bool | None) -> PageRead[User]:
        """Return the users in a group or in those that are in it, by age. Raises NotFoundError, RuleError."""
        users: list[User] = []
        found, cursor = await self._find_nested_users(group_id), part.cursor
        while True:
            page, cursor = slice_ids(found, Part(part.limit - len(users), cursor, part.is_reversed))
            users += [each for each in await self._users.records.get_many(page) if is_active in (None, each.is_active)]
            if cursor is None or len(users) == part.limit:
                return PageRead(items=users, next_cursor=cursor)

    async def list_groups_of(self, user_id: str, part: Part, *, nested: bool, prefix: str) -> PageRead[Group]:
        """Return the groups of a user whose names begin with a prefix, by age; with `nested`, also those that these are in.

        Raises NotFoundError, RuleError.
        """
        await self._users.records.get(user_id)
        found = await self._find_ancestors("user", user_id) if nested else await self._find_parents("user", user_id)
        groups = {
            each.id: each for each in await self.records.get_many(list(found)) if each.name.lower().startswith(prefix.lower())
        }
        page, next_cursor = slice_ids(groups, part)
        return PageRead(items=[groups[each] for each in page], next_cursor=next_cursor)

    async def _change(self, group_id: str, kind: MemberKind, member_id: str, plan: MakePlan) -> None:
        """Change a membership by a plan, with the record whose event tells of it."""
        await (self._users.records.change(member_id, plan) if kind == "user" else self.records.change(group_id, plan))

    async def _find_nested_users(self, group_id: str) -> set[str]:
        await self.records.get(group_id)
        users, seen, waiting = set(), {group_id}, [group_id]
        while waiting:
            prefix = keys.member(waiting.pop())
            async for pair in self._namespace.scan(prefix, values=False):
                member = _parse(pair.key.removeprefix(prefix))
                if member.kind == "user":
                    users.add(member.id)
                elif member.id not in seen:
                    seen.add(member.id)
                    waiting.append(member.id)
        return users

    async def _find_parents(self, kind: str, member_id: str) -> set[str]:
        prefix = keys.membership(kind, member_id)
        return {pair.key.removeprefix(prefix) async for pair in self._namespace.scan(prefix, values=False)}

    async def _find_ancestors(self, kind: str, member_id: str) -> set[str]:
        found = await self._find_parents(kind, member_id)
        waiting = list(found)
        while waiting:
            new = await self._find_parents("group", waiting.pop()) - found
            found |= new
            waiting += new
        return found

    def _name(self, name: str) -> str:
        return f"{keys.GROUP_NAMES}{name.lower()}"


def _parse(place: str) -> MembershipRead:
    kind, _, member_id = place.partition("/")
    return MembershipRead.model_validate({"kind": kind, "id": member_id})
