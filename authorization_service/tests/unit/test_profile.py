"""The profile and its merge patches."""

import json
from typing import Any

import pytest

from authorization_service.domain.value_objects.profile import MAX_BYTES, MAX_LEVELS, Profile
from shared_kernel.domain.rules import RulesBrokenError


def nest(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def broken_rules(patch: dict[str, Any], profile: Profile | None = None) -> list[tuple[str, str]]:
    with pytest.raises(RulesBrokenError) as refused:
        (profile or Profile()).patch(patch)
    return [(violation.field, violation.rule) for violation in refused.value.violations]


# RFC 7396, appendix A: the cases whose outcome is an object.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": [1, None]}, {}, {"a": [1, None]}),
    ],
)
def test_merge_patch_follows_rfc_7396(original: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]) -> None:
    assert Profile(json.dumps(original)).patch(patch).value == result


def test_null_for_the_whole_profile_empties_it() -> None:
    assert Profile('{"a":1}').patch(None) == Profile()


def test_patched_profile_is_not_modified_in_place() -> None:
    profile = Profile('{"a":{"b":1}}')
    profile.patch({"a": {"b": 2}})
    assert profile.value == {"a": {"b": 1}}


@pytest.mark.parametrize(
    "text", ['{"a":1.0}', '{"a":-0.0}', '{"a":18446744073709551615}', '{"ü":"\U0001f600"}', '{"":{},"b":[]}']
)
def test_values_stay_as_they_were_written(text: str) -> None:
    assert Profile().patch(json.loads(text)).text == text


@pytest.mark.parametrize(("value", "rule"), [(float("nan"), "finite"), (float("inf"), "finite"), (10**1000, "integer_range")])
def test_numbers_that_would_change_are_rejected(value: float, rule: str) -> None:
    assert broken_rules({"a": [value]}) == [("profile", rule)]


def test_profile_of_maximum_depth_is_accepted_and_a_deeper_one_rejected() -> None:
    assert Profile().patch(nest(MAX_LEVELS)).value == nest(MAX_LEVELS)
    assert broken_rules(nest(MAX_LEVELS + 1)) == [("profile", "levels")]


@pytest.mark.parametrize("letter", ["a", "ü", "\U0001f600"])
def test_profile_of_maximum_length_is_accepted_and_a_longer_one_rejected(letter: str) -> None:
    longest = {"a": letter * ((MAX_BYTES - 8) // len(letter.encode()))}
    assert Profile().patch(longest).value == longest
    assert broken_rules({"a": longest["a"] + letter}) == [("profile", "length")]


def test_patches_that_exceed_the_length_together_are_rejected() -> None:
    half = Profile().patch({"a": "x" * (MAX_BYTES // 2)})
    assert broken_rules({"b": "x" * (MAX_BYTES // 2)}, half) == [("profile", "length")]
