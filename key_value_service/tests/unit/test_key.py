"""Rules for keys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_value_service.domain.value_objects.key import are_valid_ascii, find_broken_key_rule

KEYS = st.one_of(st.text(), st.text(st.characters(max_codepoint=0x7F)), st.sampled_from(["", "k" * 512, "k" * 513, "\x7f", "é"]))


def broken_rule(key: str) -> str | None:
    broken = find_broken_key_rule(key)
    return None if broken is None else broken[0]


@pytest.mark.parametrize(
    "key",
    [
        "a",
        " ",
        "k" * 511,
        "k" * 512,
        "é" * 256,
        "€" * 170 + "aa",
        "🔑" * 128,
        "e\u0301",
        "\u0301",
        "ключ",
        "مفتاح",
        "鍵",
        "a/b.c:d",
    ],
)
def test_key_is_any_text_of_1_to_512_bytes(key: str) -> None:
    assert find_broken_key_rule(key) is None


@pytest.mark.parametrize("key", ["", "k" * 513, "é" * 256 + "a", "€" * 171, "🔑" * 128 + "a", "k" * 5_000_000])
def test_key_of_another_length_is_rejected(key: str) -> None:
    assert broken_rule(key) == "length"


def test_length_is_counted_in_bytes_of_utf_8() -> None:
    broken = find_broken_key_rule("é" * 257)
    assert broken is not None
    assert "this one has 514" in broken[1]


@pytest.mark.parametrize("key", ["\x00", "a\x00b", "\ta", "a\n", "a\r\nb", "\x1f", "\x7f", "\x80", "a\x85", "\x9f"])
def test_control_characters_are_rejected(key: str) -> None:
    assert broken_rule(key) == "control_characters"


@pytest.mark.parametrize("key", ["\x20", "\x7e", "\xa0", "\xad", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "\uffff"])
def test_other_invisible_characters_are_accepted(key: str) -> None:
    assert find_broken_key_rule(key) is None


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_key_is_accepted_if_and_only_if_length_and_characters_are_allowed(key: str) -> None:
    allowed = 1 <= len(key.encode()) <= 512 and not any(unicodedata.category(character) == "Cc" for character in key)
    assert (find_broken_key_rule(key) is None) is allowed


@given(st.lists(KEYS, min_size=1))
def test_fast_check_accepts_exactly_the_valid_ascii_keys(keys: list[str]) -> None:
    assert are_valid_ascii(keys) == all(key.isascii() and find_broken_key_rule(key) is None for key in keys)
