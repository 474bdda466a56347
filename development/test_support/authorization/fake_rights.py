"""The fakes of GroupRepository and GrantRepository, with the users of InMemoryUserRepository."""

from collections.abc import Iterable, Sequence

from authorization_service.application.grant.grant_repository import Holder, HolderKind
from authorization_service.domain.entities.group import MAX_GROUPS_OF_A_USER, MAX_MEMBERS, Group
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import LimitReachedError, NoSuchGroupError, NoSuchUserError
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE, Rights
from shared_kernel.domain.grants import Grant
from test_support.authorization.fakes import InMemoryUserRepository


class InMemoryGroupRepository:
    """Implements GroupRepository."""

    def __init__(self, users: InMemoryUserRepository) -> None:
        self._users = users
        self._groups: dict[str, Group] = {}

    async def add(self, group: Group, events: Sequence[DomainEvent]) -> bool:
        """Add a group."""
        self._users.refuse_if_unavailable()
        if group.name.value in self._groups:
            return False
        self._groups[group.name.value] = group
        self._users.events += events
        return True

    async def remove(self, name: str, events: Sequence[DomainEvent]) -> bool:
        """Delete a group."""
        self._users.refuse_if_unavailable()
        if self._groups.pop(name, None) is None:
            return False
        self._users.revoked_tokens += sorted(self.member_ids(name))
        self._users.memberships -= {(name, user_id) for user_id in self.member_ids(name)}
        self._users.grants.pop(Holder(HolderKind.GROUP, name), None)
        self._users.events += events
        return True

    async def find(self, name: str) -> Group | None:
        """Return the group of this name."""
        self._users.refuse_if_unavailable()
        return self._groups.get(name)

    async def list(self, after: str, most: int) -> Sequence[Group]:
        """Return groups, ordered by name."""
        self._users.refuse_if_unavailable()
        return [self._groups[name] for name in sorted(self._groups) if name > after][:most]

    async def list_members(self, name: str) -> Sequence[str]:
        """Return the usernames of a group's members."""
        members = [await self._users.find_by_id(user_id) for user_id in self.member_ids(name)]
        return sorted(user.username.value for user in members if user is not None)

    async def add_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Add a member."""
        if await self.find(name) is None:
            raise NoSuchGroupError
        if await self._users.find_by_id(user_id) is None:
            raise NoSuchUserError
        memberships = self._users.memberships
        if (name, user_id) in memberships:
            return False
        groups = sum(member == user_id for _, member in memberships)
        if len(self.member_ids(name)) >= MAX_MEMBERS or groups >= MAX_GROUPS_OF_A_USER:
            raise LimitReachedError
        refuse_if_too_many(self._users, user_id, self._users.grants.get(Holder(HolderKind.GROUP, name), set()))
        memberships.add((name, user_id))
        self._users.revoked_tokens.append(user_id)
        self._users.events += events
        return True

    async def remove_member(self, name: str, user_id: str, events: Sequence[DomainEvent]) -> bool:
        """Remove a member."""
        if await self.find(name) is None:
            raise NoSuchGroupError
        if (name, user_id) not in self._users.memberships:
            return False
        self._users.memberships.remove((name, user_id))
        self._users.revoked_tokens.append(user_id)
        self._users.events += events
        return True

    def member_ids(self, name: str) -> set[str]:
        """Return the ids of a group's members."""
        return {user_id for group, user_id in self._users.memberships if group == name}


class InMemoryGrantRepository:
    """Implements GrantRepository."""

    def __init__(self, users: InMemoryUserRepository, groups: InMemoryGroupRepository) -> None:
        self._users = users
        self._groups = groups

    async def find_rights(self, user_id: str) -> Rights:
        """Return the grants of a user."""
        self._users.refuse_if_unavailable()
        return find_rights(self._users, user_id)

    async def find_of_group(self, name: str) -> tuple[Grant, ...]:
        """Return a group's grants."""
        self._users.refuse_if_unavailable()
        return tuple(sorted(self._users.grants.get(Holder(HolderKind.GROUP, name), ())))

    async def give(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Give a grant."""
        concerned = await self._find_concerned(holder)
        held = self._users.grants.setdefault(holder, set())
        if grant in held:
            return False
        if len(held) >= MAX_GRANTS:
            raise LimitReachedError
        for user_id in concerned:
            refuse_if_too_many(self._users, user_id, {grant})
        held.add(grant)
        self._users.revoked_tokens += concerned
        self._users.events += events
        return True

    async def take(self, holder: Holder, grant: Grant, events: Sequence[DomainEvent]) -> bool:
        """Remove a grant."""
        concerned = await self._find_concerned(holder)
        held = self._users.grants.setdefault(holder, set())
        if grant not in held:
            return False
        held.remove(grant)
        self._users.revoked_tokens += concerned
        self._users.events += events
        return True

    async def _find_concerned(self, holder: Holder) -> list[str]:
        if holder.kind is HolderKind.GROUP:
            if await self._groups.find(holder.id) is None:
                raise NoSuchGroupError
            return sorted(self._groups.member_ids(holder.id))
        if await self._users.find_by_id(holder.id) is None:
            raise NoSuchUserError
        return [holder.id]


def find_rights(users: InMemoryUserRepository, user_id: str) -> Rights:
    """Return the grants of a user."""
    groups = sorted(group for group, member in users.memberships if member == user_id)
    return Rights(
        tuple(sorted(users.grants.get(Holder(HolderKind.USER, user_id), ()))),
        {group: tuple(sorted(users.grants.get(Holder(HolderKind.GROUP, group), ()))) for group in groups},
    )


def refuse_if_too_many(users: InMemoryUserRepository, user_id: str, more: Iterable[Grant]) -> None:
    """Raise LimitReachedError if a user with these grants, too, would hold more than a token may carry."""
    rights = find_rights(users, user_id)
    grants = {*rights.own, *more}.union(*rights.by_group.values())
    if len(grants) > MAX_GRANTS or len(" ".join(map(str, grants))) > MAX_SCOPE:
        raise LimitReachedError
