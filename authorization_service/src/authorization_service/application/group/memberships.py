"""Adding users to groups and removing them."""

from dataclasses import dataclass

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.group.group_repository import GroupRepository, refuse_impossible_name
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.people import MemberAdded, MemberRemoved
from authorization_service.domain.exceptions import NotAMemberError


@dataclass(frozen=True, slots=True)
class MembershipRequest:
    """A membership to add or to remove."""

    principal: Principal
    group: str
    username: str


class AddMember:
    """Add a user to a group. Requires an administrator.

    Revokes the user's access tokens; its sessions continue, with the group's grants in their next tokens.
    """

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
        """Add the user, unless it is already a member.

        Raises NoSuchUserError, NoSuchGroupError, LimitReachedError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(request.principal)
        refuse_impossible_name(request.group)
        user_id = str((await get_named(self._users, request.username)).id)
        added = MemberAdded(user_id=user_id, occurred_at=self._now(), group=request.group, by=by)
        await self._groups.add_member(request.group, user_id, [added])


class RemoveMember:
    """Remove a user from a group. Requires an administrator.

    Revokes the user's access tokens; its sessions continue, without the group's grants in their next tokens.
    """

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
        """Remove the user. Raises NoSuchUserError, NoSuchGroupError, NotAMemberError or StoreUnavailableError."""
        by = await self._require_administrator(request.principal)
        refuse_impossible_name(request.group)
        user_id = str((await get_named(self._users, request.username)).id)
        removed = MemberRemoved(user_id=user_id, occurred_at=self._now(), group=request.group, by=by)
        if not await self._groups.remove_member(request.group, user_id, [removed]):
            raise NotAMemberError
