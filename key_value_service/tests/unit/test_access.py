"""What scopes allow on keys and ranges of them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_value_service.application.access import allows, find_visible_patterns, require, require_keys, require_range, require_some
from key_value_service.domain.value_objects.key_range import KeyRange
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.grants import EVERY_KEY, Action, Grant, write_grant
from shared_kernel.domain.rules import RulesBrokenError

ACTIONS = (Action.READ, Action.WRITE)
LAST = chr(0x10FFFF)
# Few letters, so that keys, prefixes and ranges meet; the last character there is, behind which no prefix ends.
texts = st.text(["a", "b", "é", "/", "*", LAST], max_size=3)
keys = texts.filter(bool)
scopes_on_keys = st.builds(
    lambda action, name, text: write_grant(action, "default", **{name: text}),
    st.sampled_from(ACTIONS), st.sampled_from(["key", "prefix"]), keys,
)  # fmt: skip
callers = st.builds(
    lambda scopes: Caller("anna", frozenset(scopes)),
    st.lists(
        scopes_on_keys | st.sampled_from(["read:default", "write:def*", "admin:default", "read:other/a", "read:default/%61"])
    ),
)


def is_refused(check: Callable[[], object]) -> bool:
    try:
        check()
    except InsufficientScopeError:
        return True
    return False


@given(callers, st.sampled_from(ACTIONS), keys)
def test_key_is_allowed_if_a_grant_covers_it(caller: Caller, action: Action, key: str) -> None:
    held = [Grant.parse(scope) for scope in caller.scopes if not any(Grant.find_violations(scope))]
    wanted = Grant.parse(write_grant(action, "default", key=key))
    assert allows(caller, action, "default", key) == any(grant.covers(wanted) for grant in held)


@given(callers, st.sampled_from(ACTIONS), st.lists(keys, min_size=1), st.lists(keys))
def test_first_key_without_its_scope_is_named(caller: Caller, action: Action, first: list[str], second: list[str]) -> None:
    missing = [key for key in (*first, *second) if not allows(caller, action, "default", key)]
    if not missing:
        require_keys(caller, action, "default", first, second)
        return
    with pytest.raises(InsufficientScopeError) as refused:
        require_keys(caller, action, "default", first, second)
    names_keys = any(scope.startswith(("read:default/", "write:default/")) and "%61" not in scope for scope in caller.scopes)
    assert refused.value.scope == write_grant(action, "default", key=missing[0] if names_keys else "")


@given(callers, st.sampled_from(ACTIONS), texts, texts, texts | st.none(), st.lists(keys, min_size=5))
def test_every_key_of_an_allowed_range_is_allowed(
    caller: Caller, action: Action, prefix: str, start: str, end: str | None, some: list[str]
) -> None:
    if is_refused(lambda: require_range(caller, action, "default", prefix, start, end)):
        return
    keys_of_range = KeyRange.of(prefix, start, end)
    for key in (*some, *(prefix + key for key in some), *(start + key for key in some)):
        if keys_of_range.first <= key and (keys_of_range.stop is None or key < keys_of_range.stop):
            assert allows(caller, action, "default", key)


@given(callers, st.sampled_from(ACTIONS), keys, texts, texts)
def test_ranges_within_a_granted_prefix_are_allowed(caller: Caller, action: Action, prefix: str, more: str, start: str) -> None:
    holder = Caller("anna", caller.scopes | {write_grant(action, "default", prefix=prefix)})
    require_range(holder, action, "default", prefix)
    require_range(holder, action, "default", prefix + more, start)
    require_range(holder, action, "default", "", prefix, prefix + more)


def test_range_of_other_keys_is_refused_by_the_scope_for_it() -> None:
    caller = Caller("anna", frozenset({"read:default/a/*", "read:default/a/b/*", "read:default/c"}))
    for prefix, scope in (
        ("a", "read:default/a*"),
        ("c", "read:default/c*"),
        ("é", "read:default/%C3%A9*"),
        ("", "read:default"),
    ):
        with pytest.raises(InsufficientScopeError) as refused:
            require_range(caller, Action.READ, "default", prefix)
        assert refused.value.scope == scope
    require_range(caller, Action.READ, "default", "a/")
    require_range(caller, Action.READ, "default", "a/c")


@pytest.mark.parametrize(
    ("start", "end", "is_allowed"),
    [
        ("a/", "a0", True), ("a/", "a/b", True), ("a/b", "a0", True), ("a/", None, False), ("a/", "a0\u0020", False),
        ("a/", "b", False), ("a", "a0", False), ("", "a0", False), ("a.", "a/", False), ("c", "c", False), ("c", "c!", False),
    ],
)  # fmt: skip
def test_range_by_its_ends_is_allowed_within_a_granted_prefix(start: str, end: str | None, is_allowed: bool) -> None:
    caller = Caller("anna", frozenset({"read:default/a/*", "read:default/c"}))
    assert is_refused(lambda: require_range(caller, Action.READ, "default", "", start, end)) != is_allowed


@pytest.mark.parametrize("scopes", [set(), {"read:other/a"}, {"write:default"}, {"read:default/%61", "read:default/*"}])
def test_without_scopes_on_keys_the_scope_on_the_namespace_is_named(scopes: set[str]) -> None:
    caller = Caller("anna", frozenset(scopes))
    for check in (
        lambda: require(caller, Action.READ, "default"),
        lambda: require_keys(caller, Action.READ, "default", ["a"]),
        lambda: require_keys(caller, Action.READ, "default", []),
        lambda: require_range(caller, Action.READ, "default", "a"),
        lambda: require_some(caller, Action.READ, "default"),
    ):
        with pytest.raises(InsufficientScopeError) as refused:
            check()
        assert refused.value.scope == "read:default"


def test_scope_on_some_keys_is_enough_for_some_and_not_for_all() -> None:
    caller = Caller("anna", frozenset({"read:default/a", "write:*"}))
    granted = require_some(caller, Action.READ, "default")
    assert ("a" in granted, "b" in granted) == (True, False)
    assert require_some(caller, Action.WRITE, "default") is EVERY_KEY
    assert is_refused(lambda: require(caller, Action.READ, "default"))
    assert is_refused(lambda: require_some(Caller("anna", frozenset({"write:default/a"})), Action.READ, "default"))


def test_what_cannot_be_a_key_a_range_or_a_namespace_is_refused_as_such() -> None:
    caller = Caller("anna", frozenset({"read:default/a"}))
    for check in (
        lambda: require_keys(caller, Action.READ, "default", ["k" * 513]),
        lambda: require_keys(caller, Action.READ, "default", ["\0"]),
        lambda: require_range(caller, Action.READ, "default", "é" * 257),
        lambda: require_keys(caller, Action.READ, "No Name", ["a"]),
        lambda: require_some(caller, Action.READ, "default/"),
    ):
        with pytest.raises(RulesBrokenError):
            check()


@pytest.mark.parametrize(
    ("scopes", "patterns"),
    [
        ({"read:default/a", "write:default/b/*"}, ["default"]),
        ({"read:default/a", "write:def*", "read:x/é", "admin:y/a", "read:z/*"}, ["def*"]),
        ({"read:default/a", "write:other"}, ["default", "other"]),
    ],
)
def test_namespaces_of_some_keys_are_visible(scopes: set[str], patterns: list[str]) -> None:
    assert find_visible_patterns(Caller("anna", frozenset(scopes))) == patterns
