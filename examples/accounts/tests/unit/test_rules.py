"""Merge patches, with the examples of RFC 7396, appendix A, and the rules of contacts."""

from typing import Any

import pytest

from accounts.schemas.contact_types import RULES
from accounts.utils.json_utils import merge


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging(target: Any, patch: Any, merged: Any) -> None:
    assert merge(target, patch) == merged


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("email", ["a@b.org", "anna.petrova+x@mail.example.com"], ["a", "a@b", "@b.org", "a b@c.org", "a@b..org"]),
        ("phone", ["+12025550123", "+4930123456"], ["12025550123", "+0123456789", "+1", "+1 202 555"]),
        ("messenger", ["@anna_p", "anna.p", "a1"], ["a", "@", "anna p", "anna@p", "a" * 66]),
    ],
)
def test_values_of_contacts(kind: str, good: list[str], bad: list[str]) -> None:
    pattern, _ = RULES[kind]
    assert all(pattern.fullmatch(value) for value in good)
    assert not any(pattern.fullmatch(value) for value in bad)
