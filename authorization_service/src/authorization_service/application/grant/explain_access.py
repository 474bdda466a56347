"""Who may do what in a namespace, and why."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.grant.grant_repository import GrantRepository
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.client import REVOCATIONS_SCOPE, Client
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.rights import Rights
from shared_kernel.domain.grants import Grant, is_namespace
from shared_kernel.domain.rules import Violation, refuse_if_broken


class SubjectKind(StrEnum):
    """Those that access tokens are issued to."""

    USER = "user"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class ExplainAccessRequest:
    """Users, or clients on their own behalf, whose names come after `after`: those found among the next `most` of them."""

    principal: Principal
    namespace: str
    kind: SubjectKind
    after: str
    most: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A grant that allows something in the namespace, and the group that it comes from; None: it is held directly."""

    grant: Grant
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A user or client that may do something in the namespace, if only on some keys, and the reasons.

    `is_enabled`: one that is disabled gets no access token.
    """

    name: str
    is_enabled: bool
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Those found, ordered by name. `next` is the `after` of the next page, None on the last one."""

    found: Sequence[Access]
    next: str | None


class ExplainAccess:
    """Find who may do what in a namespace, and why. Requires an administrator."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        grants: GrantRepository,
        clients: ClientRepository,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._grants = grants
        self._clients = clients

    async def __call__(self, request: ExplainAccessRequest) -> AccessPage:
        """Return those with access among the next users or clients; there may be none on a page that is not the last.

        Raises RulesBrokenError or StoreUnavailableError.
        """
        await self._require_administrator(request.principal)
        refuse_if_broken(_find_violations(request.namespace))
        if request.kind is SubjectKind.CLIENT:
            clients = await self._clients.list(request.after, request.most)
            found = [Access(client.id, is_enabled=True, reasons=_explain_client(client, request.namespace)) for client in clients]
            return _make_page(found, [client.id for client in clients], request.most)
        users = await self._users.list("", request.after, request.most)
        rights = await asyncio.gather(*(self._grants.find_rights(str(user.id)) for user in users))
        found = [_explain_user(user, held, request.namespace) for user, held in zip(users, rights, strict=True)]
        return _make_page(found, [user.username.key for user in users], request.most)


def _make_page(found: Sequence[Access], names: Sequence[str], most: int) -> AccessPage:
    return AccessPage([access for access in found if access.reasons], names[-1] if names and len(names) == most else None)


def _explain_user(user: User, rights: Rights, namespace: str) -> Access:
    reasons = [Reason(grant) for grant in rights.own if grant.concerns(namespace)]
    for group, grants in sorted(rights.by_group.items()):
        reasons += [Reason(grant, group) for grant in grants if grant.concerns(namespace)]
    return Access(user.username.value, user.is_enabled, reasons)


def _explain_client(client: Client, namespace: str) -> Sequence[Reason]:
    grants = (Grant.parse(scope) for scope in client.scopes if scope != REVOCATIONS_SCOPE)
    return [Reason(grant) for grant in sorted(grants) if grant.concerns(namespace)]


def _find_violations(namespace: str) -> Iterator[Violation]:
    if not is_namespace(namespace):
        yield Violation(
            "namespace", "namespace", "A namespace has 1 to 64 of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or digit."
        )
