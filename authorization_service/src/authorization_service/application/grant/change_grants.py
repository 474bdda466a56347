"""Giving and removing grants."""

from dataclasses import dataclass
from typing import Any

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.grant.grant_repository import GrantRepository, Holder, HolderKind
from authorization_service.application.group.group_repository import refuse_impossible_name
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.domain_event import Actor
from authorization_service.domain.events.people import GrantGiven, GrantTaken
from authorization_service.domain.exceptions import GrantNotHeldError
from shared_kernel.domain.grants import Grant


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """A grant to give to, or to remove from, the user or the group of this name."""

    principal: Principal
    kind: HolderKind
    name: str
    grant: str


async def find_holder(users: UserRepository, kind: HolderKind, name: str) -> Holder:
    """Return the holder of this name. Raises NoSuchUserError, or NoSuchGroupError for an invalid name of a group.

    Does not check whether the group exists: the repository does.
    """
    if kind is HolderKind.USER:
        return Holder(kind, str((await get_named(users, name)).id))
    refuse_impossible_name(name)
    return Holder(kind, name)


def _describe_change(request: GrantRequest, holder: Holder, by: Actor) -> dict[str, Any]:
    """Return the fields that the events of giving and removing have in common."""
    if holder.kind is HolderKind.GROUP:
        return {"user_id": by, "by": by, "group": holder.id, "grant": request.grant}
    return {"user_id": holder.id, "by": by, "group": None, "grant": request.grant}


class GiveGrant:
    """Give a grant. Requires an administrator.

    Revokes the access tokens of the users concerned; their sessions continue, with the grant in their next tokens.
    """

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        grants: GrantRepository,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._grants = grants
        self._now = now

    async def __call__(self, request: GrantRequest) -> None:
        """Give the grant, unless it is already held.

        Raises RulesBrokenError, NoSuchUserError, NoSuchGroupError, LimitReachedError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(request.principal)
        grant = Grant.parse(request.grant)
        holder = await find_holder(self._users, request.kind, request.name)
        await self._grants.give(holder, grant, [GrantGiven(**_describe_change(request, holder, by), occurred_at=self._now())])


class TakeGrant:
    """Remove a grant. Requires an administrator.

    Revokes the access tokens of the users concerned; their sessions continue, without the grant in their next tokens.
    """

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        grants: GrantRepository,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._grants = grants
        self._now = now

    async def __call__(self, request: GrantRequest) -> None:
        """Remove the grant.

        Raises RulesBrokenError, NoSuchUserError, NoSuchGroupError, GrantNotHeldError or StoreUnavailableError.
        """
        by = await self._require_administrator(request.principal)
        grant = Grant.parse(request.grant)
        holder = await find_holder(self._users, request.kind, request.name)
        if not await self._grants.take(
            holder, grant, [GrantTaken(**_describe_change(request, holder, by), occurred_at=self._now())]
        ):
            raise GrantNotHeldError
