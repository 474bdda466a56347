"""Asking a token to allow less."""

import pytest

from authorization_service.domain.exceptions import InvalidScopeError
from authorization_service.domain.value_objects.scope import MAX_REQUESTED, narrow_scopes

ALLOWED = ("read:*", "write:team-*", "administration")


def test_all_is_allowed_where_nothing_is_asked_for() -> None:
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
def test_what_is_asked_for_is_given_as_far_as_it_is_allowed(asked: str, narrowed: tuple[str, ...]) -> None:
    assert narrow_scopes(ALLOWED, asked) == narrowed


@pytest.mark.parametrize("asked", ["", " ", "write:*", "admin:default", "Administration", "revocations", "read:a\tread:b", "*"])
def test_what_is_not_allowed_is_refused(asked: str) -> None:
    with pytest.raises(InvalidScopeError):
        narrow_scopes(ALLOWED, asked)


def test_more_than_a_token_can_carry_is_refused() -> None:
    scopes = [f"read:n{number:03}" for number in range(1000)]
    most = " ".join(scopes)[:MAX_REQUESTED].rpartition(" ")[0]
    assert " ".join(narrow_scopes(ALLOWED, most)) == most
    with pytest.raises(InvalidScopeError):
        narrow_scopes(ALLOWED, " ".join(scopes))
