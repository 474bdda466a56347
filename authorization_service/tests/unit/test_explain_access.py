"""Who may do what in a namespace, and why."""

import pytest

from authorization_service.application.auth.require_administrator import OPERATOR
from authorization_service.application.client.manage_clients import CreateClient
from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest
from authorization_service.application.grant.explain_access import ExplainAccess, ExplainAccessRequest, SubjectKind
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.group.groups import CreateGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest
from authorization_service.domain.exceptions import AdministratorRequiredError
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.rules import RulesBrokenError
from test_support.authorization.fake_clients import InMemoryClientRepository
from test_support.authorization.fake_rights import InMemoryGrantRepository, InMemoryGroupRepository
from test_support.authorization.fakes import NOON, REQUIRE_ADMINISTRATOR, InMemoryUserRepository, make_user

Seen = list[tuple[str, list[tuple[str, str | None]]]]


class Accounts:
    """Users, groups and clients with grants."""

    def __init__(self) -> None:
        self.users = InMemoryUserRepository([make_user(name) for name in ("Anna", "bella", "carl")])
        self.groups = InMemoryGroupRepository(self.users)
        self.grants = InMemoryGrantRepository(self.users, self.groups)
        self.clients = InMemoryClientRepository()
        self.explain = ExplainAccess(REQUIRE_ADMINISTRATOR, self.users, self.grants, self.clients)

    async def give(self, kind: HolderKind, name: str, *grants: str) -> None:
        give = GiveGrant(REQUIRE_ADMINISTRATOR, self.users, self.grants, now=lambda: NOON)
        for grant in grants:
            await give(GrantRequest(OPERATOR, kind, name, grant))

    async def make_group(self, name: str, *members: str) -> None:
        await CreateGroup(REQUIRE_ADMINISTRATOR, self.groups, now=lambda: NOON)(OPERATOR, name)
        add = AddMember(REQUIRE_ADMINISTRATOR, self.users, self.groups, now=lambda: NOON)
        for member in members:
            await add(MembershipRequest(OPERATOR, name, member))

    async def look(self, namespace: str, kind: SubjectKind = SubjectKind.USER, after: str = "", most: int = 10) -> Seen:
        page = await self.explain(ExplainAccessRequest(OPERATOR, namespace, kind, after, most))
        return [(access.name, [(str(reason.grant), reason.group) for reason in access.reasons]) for access in page.found]


@pytest.fixture
async def accounts() -> Accounts:
    accounts = Accounts()
    await accounts.make_group("team", "bella", "carl")
    await accounts.make_group("empty")
    await accounts.give(HolderKind.GROUP, "team", "write:team-*", "read:default")
    await accounts.give(HolderKind.GROUP, "empty", "admin:*")
    await accounts.give(HolderKind.USER, "bella", "read:*", "read:team-1/config/*")
    await accounts.give(HolderKind.USER, "Anna", "write:default/a")
    return accounts


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        (
            "team-1",
            [
                ("bella", [("read:*", None), ("read:team-1/config/*", None), ("write:team-*", "team")]),
                ("carl", [("write:team-*", "team")]),
            ],
        ),
        (
            "default",
            [
                ("Anna", [("write:default/a", None)]),
                ("bella", [("read:*", None), ("read:default", "team")]),
                ("carl", [("read:default", "team")]),
            ],
        ),
        ("team", [("bella", [("read:*", None)])]),
    ],
)
async def test_users_with_access_are_found_with_the_reasons(accounts: Accounts, namespace: str, expected: Seen) -> None:
    assert await accounts.look(namespace) == expected


async def test_pages_go_over_all_users_even_where_none_of_a_page_has_access(accounts: Accounts) -> None:
    found, after, pages = [], "", 0
    while True:
        page = await accounts.explain(ExplainAccessRequest(OPERATOR, "team-1", SubjectKind.USER, after, 1))
        found += [access.name for access in page.found]
        pages += 1
        if page.next is None:
            break
        after = page.next
    assert found == ["bella", "carl"]
    assert pages > len(found)


async def test_clients_are_found_by_their_own_scopes(accounts: Accounts) -> None:
    create = CreateClient(REQUIRE_ADMINISTRATOR, accounts.clients, now=lambda: NOON)
    await create(OPERATOR, "job", ["write:team-1", "revocations"])
    await create(OPERATOR, "other", ["read:other"])
    assert await accounts.look("team-1", SubjectKind.CLIENT) == [("job", [("write:team-1", None)])]


@pytest.mark.parametrize("namespace", ["", "*", "Team", "a/b", "x" * 65])
async def test_invalid_namespace_is_rejected_by_field(accounts: Accounts, namespace: str) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        await accounts.look(namespace)
    assert [(broken.field, broken.rule) for broken in refused.value.violations] == [("namespace", "namespace")]


async def test_members_are_refused(accounts: Accounts) -> None:
    caller = Caller(str(make_user("dora").id), frozenset())
    with pytest.raises(AdministratorRequiredError):
        await accounts.explain(ExplainAccessRequest(caller, "team-1", SubjectKind.USER, "", 10))
