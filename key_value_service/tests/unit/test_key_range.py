"""Ranges of keys."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from key_value_service.domain.value_objects.key_range import KeyRange
from shared_kernel.domain.rules import RulesBrokenError

LAST = chr(0x10FFFF)


def has(keys: KeyRange, key: str) -> bool:
    return keys.first <= key and (keys.stop is None or key < keys.stop)


@given(prefix=st.text(max_size=5), end=st.text(max_size=5), start=st.text(max_size=5), key=st.text(max_size=8))
def test_range_has_the_keys_with_the_prefix_between_start_and_end(prefix: str, start: str, end: str, key: str) -> None:
    for candidate in (key, prefix + key, prefix, prefix + LAST, start, end, start + key):
        expected = candidate.startswith(prefix) and start <= candidate < end
        assert has(KeyRange.of(prefix, start, end), candidate) == expected
        assert has(KeyRange.of(prefix), candidate) == candidate.startswith(prefix)


@given(key=st.text(max_size=8), other=st.text(max_size=8))
def test_code_point_order_is_byte_order(key: str, other: str) -> None:
    assert (key < other) == (key.encode() < other.encode())


@pytest.mark.parametrize(
    ("prefix", "stop"),
    [
        ("a", "b"), ("az", "a{"), ("\x7f", "\x80"), ("\ud7ff", "\ue000"), ("\uffff", "\U00010000"), ("a" + LAST, "b"),
        ("a" + LAST * 3, "b"), (LAST, None), (LAST * 2, None), ("", None), ("\ud7ff" + LAST, "\ue000"),
    ],
)  # fmt: skip
def test_range_of_a_prefix_ends_before_the_next_text_without_it(prefix: str, stop: str | None) -> None:
    assert KeyRange.of(prefix) == KeyRange(prefix, stop)


def test_rest_of_a_range_begins_or_in_reverse_ends_at_the_position() -> None:
    assert KeyRange("a", "z").rest_from("m", reverse=False) == KeyRange("m", "z")
    assert KeyRange("a", "z").rest_from("m", reverse=True) == KeyRange("a", "m")


@example("", "a", "ba", "a")
@given(st.text("ab", max_size=3), st.text("ab", max_size=3), st.none() | st.text("ab", max_size=3), st.text("ab", max_size=2))
def test_range_within_a_prefix_has_no_other_keys(prefix: str, start: str, end: str | None, outer: str) -> None:
    keys = KeyRange.of(prefix, start, end)
    outside = [text for text in ("", "a", "aa", "ab", "b", "ba", "bb", "c", LAST) if not text.startswith(outer)]
    if keys.is_within(outer):
        assert not [key for key in outside if has(keys, key)]
    assert KeyRange.of(outer + prefix).is_within(outer)
    assert KeyRange.of(outer).is_within(outer + prefix) == (prefix == "")


def test_bounds_longer_than_any_key_are_rejected_by_name() -> None:
    with pytest.raises(RulesBrokenError) as refused:
        KeyRange.of("é" * 257, "a" * 513, "b" * 512)
    assert [violation.field for violation in refused.value.violations] == ["prefix", "start"]
