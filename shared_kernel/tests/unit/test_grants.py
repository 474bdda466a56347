"""Grants: syntax, permissions and reduction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.domain.grants import Action, Grant, is_allowed, is_namespace, reduce_grants
from shared_kernel.domain.rules import RulesBrokenError

NAMESPACES = ["a", "ab", "abc", "b", "a.b", "ab-1"]
grants = st.builds(Grant, st.sampled_from(Action), st.sampled_from([*NAMESPACES, "*", "a*", "ab*", "abc*", "b*", "a.*"]))


@pytest.mark.parametrize(
    "text",
    ["read:default", "write:team-*", "admin:*", "read:0", "read:a*", "read:" + "a" * 64, "write:" + "a" * 63 + "*", "admin:a._-"],
)
def test_text_of_a_grant_is_what_was_parsed(text: str) -> None:
    assert str(Grant.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "read", "read:", ":default", "delete:default", "READ:default", "read:Default", "read:team-*-x", "read:**",
        "read:*a", "read:-a", "read:.a*", "read:a b", "read:default write:default", " read:a", "read:a ", "read:a\n", "read:ä",
        "read:a:b", "read:" + "a" * 65, "read:" + "a" * 64 + "*", "revocations",
    ],
)  # fmt: skip
def test_invalid_grant_is_rejected(text: str) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        Grant.parse(text)
    assert [(violation.field, violation.rule) for violation in refused.value.violations] == [("grant", "grant")]


def test_grant_with_an_invalid_pattern_is_rejected() -> None:
    with pytest.raises(RulesBrokenError):
        Grant(Action.READ, "team-* write:default")


@pytest.mark.parametrize("name", ["a", "0", "default", "team-1.x_y", "a" * 64])
def test_valid_namespace_name(name: str) -> None:
    assert is_namespace(name)


@pytest.mark.parametrize("name", ["", "-a", "_a", ".", "A", "a*", "*", "a b", "a\n", "ä", "a" * 65])
def test_invalid_namespace_name(name: str) -> None:
    assert not is_namespace(name)


@pytest.mark.parametrize(
    ("scope", "action", "namespace"),
    [
        ("read:default", Action.READ, "default"),
        ("write:default read:default", Action.READ, "default"),
        ("read:team-*", Action.READ, "team-7"),
        ("read:team-*", Action.READ, "team-"),
        ("write:*", Action.WRITE, "anything"),
        ("admin:default", Action.READ, "default"),
        ("admin:default", Action.WRITE, "default"),
        ("admin:d*", Action.ADMIN, "default"),
    ],
)
def test_scope_allows_the_action(scope: str, action: Action, namespace: str) -> None:
    assert is_allowed(frozenset(scope.split()), action, namespace)


@pytest.mark.parametrize(
    ("scope", "action", "namespace"),
    [
        ("", Action.READ, "default"),
        ("read:default", Action.WRITE, "default"),
        ("read:default write:default", Action.ADMIN, "default"),
        ("write:default", Action.READ, "default"),
        ("read:default", Action.READ, "default2"),
        ("read:default", Action.READ, "defaul"),
        ("read:team-*", Action.READ, "team"),
        ("read:team-*", Action.READ, "tea"),
        ("read:team-*", Action.READ, "a-team-1"),
        ("revocations read", Action.READ, "default"),
        ("read:def*ult", Action.READ, "default"),
        ("read:", Action.READ, "default"),
        (":default *:default *", Action.READ, "default"),
    ],
)
def test_scope_does_not_allow_the_action(scope: str, action: Action, namespace: str) -> None:
    assert not is_allowed(frozenset(scope.split()), action, namespace)


@given(st.lists(grants))
def test_reduced_grants_allow_the_same_actions(several: list[Grant]) -> None:
    before, after = {str(grant) for grant in several}, {str(grant) for grant in reduce_grants(several)}
    for action in Action:
        for namespace in NAMESPACES:
            assert is_allowed(after, action, namespace) == is_allowed(before, action, namespace)


@given(st.lists(grants))
def test_no_reduced_grant_covers_another(several: list[Grant]) -> None:
    reduced = reduce_grants(several)
    assert list(reduced) == sorted(set(reduced))
    assert not [(one, other) for one in reduced for other in reduced if one != other and one.covers(other)]


def test_admin_covers_read_and_write() -> None:
    several = [Grant.parse(text) for text in ("write:team-1", "read:default", "admin:team-*", "read:team-2*", "read:default")]
    assert [str(grant) for grant in reduce_grants(several)] == ["admin:team-*", "read:default"]
