"""Requested scopes."""

import pytest

from authorization_service.domain.exceptions import InvalidScopeError
from authorization_service.domain.value_objects.scope import MAX_REQUESTED, narrow_scopes

ALLOWED = ("read:*", "write:team-*", "administration")


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
