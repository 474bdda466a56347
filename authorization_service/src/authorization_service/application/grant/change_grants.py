"""Giving grants and taking them back."""

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
    """Which grant of a user or a group, by its name, an administrator, `by`, changes."""

    principal: Principal
    kind: HolderKind
    name: str
    grant: str


async def find_holder(users: UserRepository, kind: HolderKind, name: str) -> Holder:
    """Return who has this name. Raises NoSuchUserError, or NoSuchGroupError; the store tells whether a possible group exists."""
    if kind is HolderKind.USER:
        return Holder(kind, str((await get_named(users, name)).id))
    refuse_impossible_name(name)
    return Holder(kind, name)


def _tell(request: GrantRequest, holder: Holder, by: Actor) -> dict[str, Any]:
    """Return what the events of giving and taking have in common."""
    if holder.kind is HolderKind.GROUP:
        return {"user_id": by, "by": by, "group": holder.id, "grant": request.grant}
    return {"user_id": holder.id, "by": by, "group": None, "grant": request.grant}


class GiveGrant:
    """For administrators. The tokens of all concerned are revoked, their sessions go on: the next token has the grant."""

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
        """Give the grant, if it is not held already.

        Raises RulesBrokenError, NoSuchUserError, NoSuchGroupError, LimitReachedError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(request.principal)
        grant = Grant.parse(request.grant)
        holder = await find_holder(self._users, request.kind, request.name)
        await self._grants.give(holder, grant, [GrantGiven(**_tell(request, holder, by), occurred_at=self._now())])


class TakeGrant:
    """For administrators. The tokens of all concerned are revoked, their sessions go on: the next token lacks the grant."""

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
        """Take the grant back.

        Raises RulesBrokenError, NoSuchUserError, NoSuchGroupError, GrantNotHeldError or StoreUnavailableError.
        """
        by = await self._require_administrator(request.principal)
        grant = Grant.parse(request.grant)
        holder = await find_holder(self._users, request.kind, request.name)
        if not await self._grants.take(holder, grant, [GrantTaken(**_tell(request, holder, by), occurred_at=self._now())]):
            raise GrantNotHeldError
