"""Grants: syntax, permissions and reduction."""

from collections.abc import Iterable
from itertools import product
from time import process_time
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.domain.grants import (
    EVERY_KEY,
    MAX_KEY_BYTES,
    Action,
    Grant,
    GrantedKeys,
    find_granted_keys,
    is_allowed,
    is_namespace,
    reduce_grants,
    write_grant,
)
from shared_kernel.domain.rules import RulesBrokenError

NAMESPACES = ["a", "ab", "abc", "b", "a.b", "ab-1"]
ON_KEYS = (Action.READ, Action.WRITE)
KEYS = ["k", "k/", "k/1", "kk", "ké", "k*", "*", "a/k", "%6B"]
on_namespaces = st.builds(Grant, st.sampled_from(Action), st.sampled_from([*NAMESPACES, "*", "a*", "ab*", "abc*", "b*", "a.*"]))
on_keys = st.builds(
    lambda action, namespace, key, name: Grant.parse(write_grant(action, namespace, **{name: key})),
    st.sampled_from(ON_KEYS), st.sampled_from(["a", "ab", "b"]), st.sampled_from(KEYS), st.sampled_from(["key", "prefix"]),
)  # fmt: skip
grants = on_namespaces | on_keys
keys = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    "text",
    [
        "read:default", "write:team-*", "admin:*", "read:0", "read:a*", "read:" + "a" * 64, "write:" + "a" * 63 + "*",
        "admin:a._-", "read:default/config/*", "write:default/config/app", "read:default/a:b@c~d/*", "read:default//",
        "read:default/..", "read:default/caf%C3%A9", "read:default/%2A", "read:default/%2A*", "read:default/%252e",
        "read:default/" + "a" * 512 + "*", "read:default/" + "%F0%9F%A6%84" * 128, "read:default/%EF%BF%BF%F4%8F%BF%BF%C2%A0",
    ],
)  # fmt: skip
def test_text_of_a_grant_is_what_was_parsed(text: str) -> None:
    assert str(Grant.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "read", "read:", ":default", "delete:default", "READ:default", "read:Default", "read:team-*-x", "read:**",
        "read:*a", "read:-a", "read:.a*", "read:a b", "read:default write:default", " read:a", "read:a ", "read:a\n", "read:ä",
        "read:a:b", "read:" + "a" * 65, "read:" + "a" * 64 + "*", "revocations",
        # On keys: without one, of namespaces that are not named, and of all actions.
        "read:default/", "read:default/*", "read:/a", "read:team-*/a", "read:*/a*", "admin:default/a", "admin:default/a/*",
        "delete:default/a", "read:Default/a",
        # Another spelling of a key, or none: escapes that are not needed, in lower case or cut off, and characters that need one.
        "read:default/%61", "read:default/%2e%2e", "read:default/%2E%2E", "read:default/a%2Fb", "read:default/caf%c3%a9",
        "read:default/%", "read:default/%2", "read:default/%GG", "read:default/%C3", "read:default/café", "read:default/a b",
        "read:default/a+b", 'read:default/"', "read:default/a\\", "read:default/a\n", "read:default/a ", "read:default/?",
        "read:default/*/x", "read:default/a**", "read:default/*a", "read:default/a*%2A",
        # No UTF-8: overlong forms, surrogates, beyond the last character; and control characters.
        "read:default/%C0%AE", "read:default/%C1%BF", "read:default/%E0%80%AF", "read:default/%F0%80%80%AF",
        "read:default/%ED%A0%80", "read:default/%F4%90%80%80", "read:default/%F5%80%80%80", "read:default/%FF",
        "read:default/%80", "read:default/%C3%C3", "read:default/%00", "read:default/%1F", "read:default/%7F",
        "read:default/%C2%80", "read:default/%C2%9F", "read:default/" + "a" * 513, "read:default/" + "%C3%A9" * 257,
    ],
)  # fmt: skip
def test_invalid_grant_is_rejected(text: str) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        Grant.parse(text)
    assert [(violation.field, violation.rule) for violation in refused.value.violations] == [("grant", "grant")]


@pytest.mark.parametrize("part", ["a", "%C3%A9", "%C3", "%F0%90%80", "/", "*", "%2A", "a*", "-."])
def test_long_text_is_judged_at_once(part: str) -> None:
    began = process_time()
    for end in ("", "*", "!", "%"):
        for beginning in ("read:", "read:default/", "read:default/a"):
            assert list(Grant.find_violations(beginning + part * 200_000 + end))
    assert process_time() - began < 2


def test_grant_with_an_invalid_pattern_is_rejected() -> None:
    with pytest.raises(RulesBrokenError):
        Grant(Action.READ, "team-* write:default")
    with pytest.raises(RulesBrokenError):
        Grant(Action.ADMIN, "default/a")


@given(keys)
def test_key_has_one_spelling(key: str) -> None:
    text = write_grant(Action.READ, "default", key=key)
    assert str(Grant.parse(text)) == text
    assert unquote(text.removeprefix("read:default/")) == key
    assert set(text) <= {chr(code) for code in (0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F))}, "RFC 6749, section 3.3"


@given(st.from_regex(r"(%[0-9A-Fa-f]{2}|[a-zA-Z0-9._~/:@-]|[ -~é]){1,6}", fullmatch=True))
def test_any_other_spelling_is_rejected(spelling: str) -> None:
    is_canonical = not any(Grant.find_violations(f"read:default/{spelling}")) and not spelling.endswith("*")
    try:
        key = unquote(spelling, errors="strict")
    except UnicodeDecodeError:
        assert not is_canonical
    else:
        has_control_characters = any(ord(character) < 32 or 127 <= ord(character) < 160 for character in key)
        assert is_canonical == (
            write_grant(Action.READ, "default", key=key) == f"read:default/{spelling}" and not has_control_characters
        )


def test_key_is_as_long_as_a_key_may_be() -> None:
    for key in ("é" * 256, "€" * 170, "k" * MAX_KEY_BYTES):
        assert not list(Grant.find_violations(write_grant(Action.READ, "default", key=key)))
        assert list(Grant.find_violations(write_grant(Action.READ, "default", prefix=key + "é€")))


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
        ("read:default/a read:default/a/* read:default/* read:*/ read:default/", Action.READ, "default"),
        ("write:default/a", Action.WRITE, "default"),
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


@given(st.lists(grants))
def test_reduced_grants_allow_the_same_actions_on_keys(several: list[Grant]) -> None:
    before, after = [str(grant) for grant in several], [str(grant) for grant in reduce_grants(several)]
    for action, namespace, key in product(ON_KEYS, ("a", "ab", "b"), KEYS):
        assert may(after, action, namespace, key) == may(before, action, namespace, key)


@given(grants, grants, grants)
def test_covering_is_a_partial_order(one: Grant, other: Grant, third: Grant) -> None:
    assert one.covers(one)
    assert one == other or not (one.covers(other) and other.covers(one))
    assert not (one.covers(other) and other.covers(third)) or one.covers(third)


@given(grants, st.sampled_from(ON_KEYS), st.sampled_from(["a", "ab", "b"]), st.sampled_from(KEYS))
def test_a_key_is_allowed_if_the_grant_covers_it(held: Grant, action: Action, namespace: str, key: str) -> None:
    wanted = Grant.parse(write_grant(action, namespace, key=key))
    assert may([str(held)], action, namespace, key) == held.covers(wanted)


@given(grants, on_namespaces.filter(lambda grant: not grant.pattern.endswith("*")))
def test_a_namespace_is_allowed_if_the_grant_covers_it(held: Grant, wanted: Grant) -> None:
    assert is_allowed([str(held)], wanted.action, wanted.pattern) == held.covers(wanted)


@given(st.lists(on_keys), st.lists(grants))
def test_covered_grant_allows_nothing_more(several: list[Grant], others: list[Grant]) -> None:
    covered = [grant for grant in several if any(other.covers(grant) for other in others)]
    for action, namespace, key in product(ON_KEYS, ("a", "ab", "b"), KEYS):
        assert may(map(str, others), action, namespace, key) or not may(map(str, covered), action, namespace, key)


@given(st.lists(keys), st.lists(st.sampled_from(["a", "a/", "a/b", "b", "é", "", "z/z"])), keys)
def test_granted_keys_are_those_named_and_those_with_a_prefix(single: list[str], prefixes: list[str], key: str) -> None:
    granted = GrantedKeys(single, prefixes)
    assert bool(granted) == bool(single or prefixes)
    for candidate in (key, *single, *prefixes, *(prefix + key for prefix in prefixes)):
        assert (candidate in granted) == (candidate in single or any(candidate.startswith(prefix) for prefix in prefixes))
        found = granted.find_prefix(candidate)
        assert found == min((prefix for prefix in prefixes if candidate.startswith(prefix)), key=len, default=None)


def test_scopes_that_are_no_grants_name_no_keys() -> None:
    scopes = ["read:default/%61", "read:default/*", "read:team-*/a", "admin:default/a", "read:x/%2e%2e", "read:x/*/y", "write:/a"]
    assert find_granted_keys(scopes) == {}


def test_grant_on_the_namespace_includes_all_its_keys() -> None:
    for whole in ("read:default", "read:def*", "read:*", "admin:default", "admin:*"):
        granted = find_granted_keys([whole, "read:default/a", "write:default/b/*"])["default"]
        assert granted[Action.READ] is EVERY_KEY
        assert (granted[Action.WRITE] is EVERY_KEY) == whole.startswith("admin:")
    (reduced,) = reduce_grants(map(Grant.parse, ["read:default/a", "read:default", "read:default/b/*"]))
    assert str(reduced) == "read:default"


def may(scopes: Iterable[str], action: Action, namespace: str, key: str) -> bool:
    scopes = list(scopes)
    some = find_granted_keys(scopes).get(namespace)
    return is_allowed(scopes, action, namespace) if some is None else key in some[action]


def test_admin_covers_read_and_write() -> None:
    several = [Grant.parse(text) for text in ("write:team-1", "read:default", "admin:team-*", "read:team-2*", "read:default")]
    assert [str(grant) for grant in reduce_grants(several)] == ["admin:team-*", "read:default"]
