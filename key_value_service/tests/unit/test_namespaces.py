"""Creating, changing, showing and deleting namespaces, and the scopes that this requires."""

from collections.abc import Awaitable, Callable

import pytest

from key_value_service.application.namespaces.delete_namespace import DeleteNamespace, DeleteNamespaceRequest
from key_value_service.application.namespaces.list_namespaces import ListNamespaces
from key_value_service.application.namespaces.measure_namespace import MeasureNamespace
from key_value_service.application.namespaces.put_namespace import PutNamespace, PutNamespaceRequest
from key_value_service.application.namespaces.show_namespace import ShowNamespace
from key_value_service.domain.entities.namespace import (
    MAX_CHANGES_KEPT,
    MAX_DESCRIPTION,
    MAX_HISTORY_KEPT,
    MAX_NAMESPACES,
    MAX_QUOTA,
    NamespaceSettings,
)
from key_value_service.domain.exceptions import DefaultNamespaceError, NoSuchNamespaceError, TooManyNamespacesError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE, NamespaceName
from key_value_service.domain.value_objects.time_to_live import MAX_SECONDS
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.key_value.in_memory_namespaces import InMemoryNamespaceRepository

STANDARD = NamespaceSettings()

Ask = Callable[[InMemoryNamespaceRepository, Caller, str], Awaitable[object]]

OF_ADMINISTRATORS: dict[str, Ask] = {
    "put": lambda namespaces, caller, name: PutNamespace(namespaces)(caller, PutNamespaceRequest(name, STANDARD)),
    "delete": lambda namespaces, caller, name: DeleteNamespace(namespaces)(caller, DeleteNamespaceRequest(name)),
    "delete by force": lambda namespaces, caller, name: DeleteNamespace(namespaces)(
        caller, DeleteNamespaceRequest(name, is_forced=True)
    ),
}
OF_READERS: dict[str, Ask] = {
    "show": lambda namespaces, caller, name: ShowNamespace(namespaces)(caller, name),
    "measure": lambda namespaces, caller, name: MeasureNamespace(namespaces)(caller, name),
}


def caller_with(*scopes: str) -> Caller:
    return Caller("anna", frozenset(scopes))


@pytest.fixture
async def namespaces() -> InMemoryNamespaceRepository:
    namespaces = InMemoryNamespaceRepository()
    for name in ("team-a", "team-b", "other"):
        await namespaces.put(NamespaceName(name), STANDARD)
    return namespaces


@pytest.mark.parametrize("ask", OF_ADMINISTRATORS.values(), ids=OF_ADMINISTRATORS)
@pytest.mark.parametrize("scope", ["read:team-a", "write:team-a", "write:*", "admin:team", "admin:team-b", "admin:team-a-*", ""])
async def test_without_admin_scope_nothing_is_changed_or_revealed(
    namespaces: InMemoryNamespaceRepository, ask: Ask, scope: str
) -> None:
    for name in ("team-a", "absent", DEFAULT_NAMESPACE):
        with pytest.raises(InsufficientScopeError) as refused:
            await ask(namespaces, caller_with(scope), name)
        assert refused.value.scope == f"admin:{name}"
    assert len(await namespaces.find_matching(["*"], "", 100)) == 4


@pytest.mark.parametrize("ask", OF_READERS.values(), ids=OF_READERS)
@pytest.mark.parametrize("scope", ["write:team-a", "write:*", "read:team-b", "admin:team-b", "revocations"])
async def test_without_read_scope_nothing_is_revealed(namespaces: InMemoryNamespaceRepository, ask: Ask, scope: str) -> None:
    for name in ("team-a", "absent"):
        with pytest.raises(InsufficientScopeError) as refused:
            await ask(namespaces, caller_with(scope), name)
        assert refused.value.scope == f"read:{name}"


@pytest.mark.parametrize("ask", [*OF_ADMINISTRATORS.values(), *OF_READERS.values()], ids=[*OF_ADMINISTRATORS, *OF_READERS])
async def test_rejection_does_not_query_the_store(namespaces: InMemoryNamespaceRepository, ask: Ask) -> None:
    namespaces.is_available = False
    for name in ("team-a", "absent"):
        with pytest.raises(InsufficientScopeError):
            await ask(namespaces, caller_with("admin:others-*"), name)


@pytest.mark.parametrize("ask", [*OF_ADMINISTRATORS.values(), *OF_READERS.values()], ids=[*OF_ADMINISTRATORS, *OF_READERS])
@pytest.mark.parametrize("name", ["", "A", "a b", ".a", "a/b", "a*", "a" * 65, "é", "a\n"])
async def test_invalid_name_is_rejected(namespaces: InMemoryNamespaceRepository, ask: Ask, name: str) -> None:
    with pytest.raises(RulesBrokenError):
        await ask(namespaces, caller_with("admin:*"), name)


@pytest.mark.parametrize("scope", ["read:team-a", "read:*", "read:team-*", "admin:team-a", "admin:*"])
async def test_read_scope_gives_access_to_settings_and_statistics(namespaces: InMemoryNamespaceRepository, scope: str) -> None:
    caller = caller_with(scope)
    assert (await ShowNamespace(namespaces)(caller, "team-a")).settings == STANDARD
    assert (await MeasureNamespace(namespaces)(caller, "team-a")).pairs == 0


@pytest.mark.parametrize("scope", ["admin:team-a", "admin:team-*", "admin:*"])
async def test_admin_scope_allows_creation_and_deletion(namespaces: InMemoryNamespaceRepository, scope: str) -> None:
    caller = caller_with(scope)
    await DeleteNamespace(namespaces)(caller, DeleteNamespaceRequest("team-a"))
    with pytest.raises(NoSuchNamespaceError):
        await ShowNamespace(namespaces)(caller, "team-a")
    assert (await PutNamespace(namespaces)(caller, PutNamespaceRequest("team-a", STANDARD))).is_new


@pytest.mark.parametrize("is_forced", [False, True])
async def test_default_namespace_cannot_be_deleted(namespaces: InMemoryNamespaceRepository, is_forced: bool) -> None:
    with pytest.raises(DefaultNamespaceError):
        await DeleteNamespace(namespaces)(caller_with("admin:*"), DeleteNamespaceRequest(DEFAULT_NAMESPACE, is_forced))
    assert await namespaces.find(DEFAULT_NAMESPACE)


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        (["admin:*"], ["default", "other", "team-a", "team-b"]),
        (["read:team-*"], ["team-a", "team-b"]),
        (["write:team-b", "admin:other", "read:absent"], ["other", "team-b"]),
        (["read:team-*", "write:team-a", "admin:te*", "read:default"], ["default", "team-a", "team-b"]),
        (["read:team-a", "read:team"], ["team-a"]),
        (["revocations", "everything", "read", "read:", "read:TEAM-A", ":team-a", "sing:team-a"], []),
        ([], []),
    ],
)
async def test_listing_has_the_namespaces_that_any_scope_of_the_caller_matches(
    namespaces: InMemoryNamespaceRepository, scopes: list[str], names: list[str]
) -> None:
    found = await ListNamespaces(namespaces)(caller_with(*scopes), "", 100)
    assert [namespace.name for namespace in found] == names


async def test_number_of_namespaces_is_limited(namespaces: InMemoryNamespaceRepository) -> None:
    put = PutNamespace(namespaces)
    for number in range(MAX_NAMESPACES - 4):
        await put(caller_with("admin:*"), PutNamespaceRequest(f"n{number}", STANDARD))
    with pytest.raises(TooManyNamespacesError):
        await put(caller_with("admin:*"), PutNamespaceRequest("one-more", STANDARD))
    assert not (await put(caller_with("admin:*"), PutNamespaceRequest("n1", STANDARD))).is_new


@pytest.mark.parametrize(
    ("broken", "fields"),
    [
        ({"description": "x" * (MAX_DESCRIPTION + 1)}, ["description"]),
        ({"quota_pairs": -1}, ["quota_pairs"]),
        ({"quota_bytes": MAX_QUOTA + 1}, ["quota_bytes"]),
        ({"default_ttl": 0}, ["default_ttl"]),
        ({"default_ttl": MAX_SECONDS + 1}, ["default_ttl"]),
        ({"default_ttl": float("nan")}, ["default_ttl"]),
        ({"changes_kept": 0}, ["changes_kept"]),
        ({"changes_kept": MAX_CHANGES_KEPT + 1}, ["changes_kept"]),
        ({"history_kept": -1}, ["history_kept"]),
        ({"history_kept": MAX_HISTORY_KEPT + 1}, ["history_kept"]),
        ({"quota_pairs": -1, "changes_kept": -1}, ["quota_pairs", "changes_kept"]),
    ],
)
def test_invalid_settings_are_reported_by_name(broken: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        NamespaceSettings(**broken)  # type: ignore[arg-type]
    assert [violation.field for violation in refused.value.violations] == fields


@pytest.mark.parametrize("scope", ["admin:Not a name", "admin:*", "read:*", ""])
async def test_namespace_with_invalid_name_is_rejected_whatever_the_scopes(
    namespaces: InMemoryNamespaceRepository, scope: str
) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        await PutNamespace(namespaces)(caller_with(scope), PutNamespaceRequest("Not a name", STANDARD))
    assert [(violation.field, violation.rule) for violation in refused.value.violations] == [("namespace", "namespace")]
