"""Creation of users, a group and grants for trying the store out."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest, TakeGrant
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.grant.show_grants import ShowRights
from authorization_service.application.group.groups import CreateGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest
from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.domain.exceptions import GrantNotHeldError, UsernameTakenError
from authorization_service.domain.value_objects.password import Password

READER, WRITER, TEAM = "demo-reader", "demo-writer", "demo-team"
GRANTS = {READER: ("read:default",), WRITER: ("read:default", "write:default")}
GRANTS_OF_TEAM = ("read:demo-*", "write:demo-*")


@dataclass(frozen=True, slots=True)
class DemoData:
    """The demo users with the scopes of their tokens, and the new ones among them with their password."""

    scopes: Mapping[str, tuple[str, ...]]
    new_users: tuple[str, ...]
    password: str = field(repr=False)


class MakeDemoData:
    """Create demo data. For the operator."""

    def __init__(
        self,
        register: RegisterUser,
        create_group: CreateGroup,
        add_member: AddMember,
        give: GiveGrant,
        take: TakeGrant,
        show_rights: ShowRights,
    ) -> None:
        self._register = register
        self._create_group = create_group
        self._add_member = add_member
        self._give = give
        self._take = take
        self._show_rights = show_rights

    async def __call__(self) -> DemoData:
        """Create what is missing of: a user who reads, one who writes, and a group with the latter as its member.

        Existing users keep their passwords. Raises LimitReachedError, BusyError, StoreUnavailableError or StoreFullError.
        """
        password = Password.new().value
        new_users = tuple([username for username in GRANTS if await self._is_new(username, password)])
        with contextlib.suppress(GrantNotHeldError):  # where new users do not hold it
            await self._take(GrantRequest(OPERATOR, HolderKind.USER, READER, "write:default"))
        await self._create_group(OPERATOR, TEAM)
        await self._add_member(MembershipRequest(OPERATOR, TEAM, WRITER))
        for grant in GRANTS_OF_TEAM:
            await self._give(GrantRequest(OPERATOR, HolderKind.GROUP, TEAM, grant))
        for username, grants in GRANTS.items():
            for grant in grants:
                await self._give(GrantRequest(OPERATOR, HolderKind.USER, username, grant))
        scopes = {username: (await self._show_rights(OPERATOR, username)).scopes for username in GRANTS}
        return DemoData(scopes, new_users, password)

    async def _is_new(self, username: str, password: str) -> bool:
        last_name = username.removeprefix("demo-").title()
        try:
            await self._register(RegisterUserRequest(username, password, first_name="Demo", last_name=last_name))
        except UsernameTakenError:
            return False
        return True
