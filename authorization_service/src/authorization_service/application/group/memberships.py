"""Putting users into groups and taking them out."""

from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.group.group_repository import GroupRepository, refuse_impossible_name
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.people import MemberAdded, MemberRemoved
from authorization_service.domain.exceptions import NotAMemberError


@dataclass(frozen=True, slots=True)
class MembershipRequest:
    """Whose membership in which group an administrator, `by`, changes."""

    principal: Principal
    group: str
    username: str


class AddMember:
    """For administrators. The user's tokens are revoked, its sessions go on: the next token has the group's grants."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        groups: GroupRepository,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._groups = groups
        self._now = now

    async def __call__(self, request: MembershipRequest) -> None:
        """Make the user a member, if it is none.

        Raises NoSuchUserError, NoSuchGroupError, LimitReachedError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(request.principal)
        refuse_impossible_name(request.group)
        user_id = str((await get_named(self._users, request.username)).id)
        added = MemberAdded(user_id=user_id, occurred_at=self._now(), group=request.group, by=by)
        await self._groups.add_member(request.group, user_id, [added])


class RemoveMember:
    """For administrators. The user's tokens are revoked, its sessions go on: the next token lacks the group's grants."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        groups: GroupRepository,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._groups = groups
        self._now = now

    async def __call__(self, request: MembershipRequest) -> None:
        """End the membership. Raises NoSuchUserError, NoSuchGroupError, NotAMemberError or StoreUnavailableError."""
        by = await self._require_administrator(request.principal)
        refuse_impossible_name(request.group)
        user_id = str((await get_named(self._users, request.username)).id)
        removed = MemberRemoved(user_id=user_id, occurred_at=self._now(), group=request.group, by=by)
        if not await self._groups.remove_member(request.group, user_id, [removed]):
            raise NotAMemberError
