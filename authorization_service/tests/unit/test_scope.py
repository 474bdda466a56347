"""Requested scopes."""

import pytest

from authorization_service.domain.exceptions import InvalidScopeError
from authorization_service.domain.value_objects.scope import MAX_REQUESTED, keep_scopes, narrow_scopes

ALLOWED = ("read:*", "write:team-*", "administration")
ON_KEYS = ("read:default/config/*", "write:default/config/app", "admin:team-*")


def test_all_scopes_are_allowed_if_none_is_requested() -> None:
    assert narrow_scopes(ALLOWED, None) == ALLOWED


@pytest.mark.parametrize(
    ("asked", "narrowed"),
    [
        ("read:default", ("read:default",)),
        ("write:team-1 write:default", ("write:team-1",)),
        ("read:a read:a", ("read:a",)),
        ("administration", ("administration",)),
        ("write:team-*  read:*", ("write:team-*", "read:*")),
    ],
)
def test_requested_scopes_are_granted_as_far_as_allowed(asked: str, narrowed: tuple[str, ...]) -> None:
    assert narrow_scopes(ALLOWED, asked) == narrowed


@pytest.mark.parametrize(
    ("asked", "narrowed"),
    [
        ("read:default/config/app", ("read:default/config/app",)),
        ("read:default/config/* read:default/* read:default/conf*", ("read:default/config/*",)),
        ("write:default/config/app write:default/config/* write:default", ("write:default/config/app",)),
        ("write:team-1/a read:team-2/b/* read:team/c admin:team-1/d", ("write:team-1/a", "read:team-2/b/*")),
        ("read:default/config/%C3%A9 read:default/config/%c3%a9", ("read:default/config/%C3%A9",)),
    ],
)
def test_requested_keys_are_granted_as_far_as_allowed(asked: str, narrowed: tuple[str, ...]) -> None:
    assert narrow_scopes(ON_KEYS, asked) == narrowed


@pytest.mark.parametrize(
    ("opened_for", "kept"),
    [
        ("read:default", ("read:default/config/*",)),
        ("read:default/config/app", ("read:default/config/app",)),
        ("read:default/*", ()),
        ("read:* write:team-1/a", ("write:team-1/a", "read:default/config/*")),
        ("read:default/other", ()),
    ],
)
def test_session_keeps_of_its_scope_what_is_still_allowed(opened_for: str, kept: tuple[str, ...]) -> None:
    assert keep_scopes(ON_KEYS, opened_for) == kept


@pytest.mark.parametrize("asked", ["", " ", "write:*", "admin:default", "Administration", "revocations", "read:a\tread:b", "*"])
def test_scopes_that_are_not_allowed_are_rejected(asked: str) -> None:
    with pytest.raises(InvalidScopeError):
        narrow_scopes(ALLOWED, asked)


def test_scope_beyond_the_size_of_a_token_is_rejected() -> None:
    scopes = [f"read:n{number:03}" for number in range(1000)]
    most = " ".join(scopes)[:MAX_REQUESTED].rpartition(" ")[0]
    assert " ".join(narrow_scopes(ALLOWED, most)) == most
    with pytest.raises(InvalidScopeError):
        narrow_scopes(ALLOWED, " ".join(scopes))
