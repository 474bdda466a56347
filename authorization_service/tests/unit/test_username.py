"""The rules for usernames."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization_service.domain.value_objects.username import PATTERN, Username
from shared_kernel.domain.rules import RulesBrokenError

FIRST = string.ascii_letters + string.digits
REST = FIRST + "._-"

valid_usernames = st.builds(
    lambda first, rest: first + rest, st.sampled_from(FIRST), st.text(st.sampled_from(REST), min_size=1, max_size=63)
)


def broken_rules(value: str) -> list[str]:
    return [violation.rule for violation in Username.find_violations(value)]


@pytest.mark.parametrize("value", ["ab", "a1", "1a", "a.", "a-", "a_", "A" * 64, "anna.petrova_smith-7"])
def test_valid_name_is_kept_unchanged(value: str) -> None:
    assert Username(value).value == value


@pytest.mark.parametrize("length", [1, 65, 100_000])
def test_a_name_of_a_wrong_length_is_refused(length: int) -> None:
    assert broken_rules("a" * length) == ["length"]


@pytest.mark.parametrize("length", [2, 64])
def test_a_name_of_a_length_at_the_boundary_is_accepted(length: int) -> None:
    assert broken_rules("a" * length) == []


def test_an_empty_name_breaks_both_rules() -> None:
    assert broken_rules("") == ["length", "characters"]


@pytest.mark.parametrize("first", list("._-"))
def test_a_name_must_begin_with_a_letter_or_a_digit(first: str) -> None:
    assert broken_rules(first + "anna") == ["characters"]


@pytest.mark.parametrize(
    "value",
    [
        "an na", "anna\n", "\nanna", "an\x00na", "anna/..", "анна", "\u0430nna",
        "ann\u0430", "ann\u00e9", "anne\u0301", "\uff41nna", "anna\u0661", "ann\u212a", "\u017fam", "ann\u200da", "anna\u202e",
    ],
)  # fmt: skip
def test_a_character_outside_the_latin_set_is_refused(value: str) -> None:
    assert broken_rules(value) == ["characters"]


@pytest.mark.parametrize(
    "value", ["anna@example.org", "a@b.co", "Anna.P+store@Mail.Example.org", f"{'a' * 64}@{'b' * 60}.example"]
)
def test_an_e_mail_address_is_accepted(value: str) -> None:
    assert Username(value).is_email


@pytest.mark.parametrize(
    "value",
    [
        "@", "anna@", "@example.org", "anna@example", "anna@@example.org", "anna@exam ple.org", ".anna@example.org",
        "a..b@example.org", "anna@-example.org", "anna@example-.org", '"anna"@example.org', "anna@example.org\n",
        "anna@[127.0.0.1]", "\u0430nna@example.org",
    ],
)  # fmt: skip
def test_what_only_resembles_an_e_mail_address_is_refused(value: str) -> None:
    assert broken_rules(value) == ["email"]


def test_an_e_mail_address_has_at_most_254_characters() -> None:
    assert broken_rules(f"{'a' * 243}@example.org") == ["length", "characters"]
    assert broken_rules(f"{'a' * 242}@example.org") == []


def test_all_broken_rules_are_reported_together() -> None:
    with pytest.raises(RulesBrokenError) as raised:
        Username("!")
    assert [(violation.field, violation.rule) for violation in raised.value.violations] == [
        ("username", "length"),
        ("username", "characters"),
    ]


def test_names_that_differ_in_case_alone_have_one_key() -> None:
    assert Username("Anna.P").key == Username("aNNA.p").key == "anna.p"


def test_case_is_kept() -> None:
    assert Username("AnNa").value == "AnNa"


@given(valid_usernames)
def test_every_name_of_allowed_characters_is_accepted(value: str) -> None:
    assert Username(value).key == value.lower()


@given(st.text(max_size=70))
def test_published_pattern_matches_the_rule(value: str) -> None:
    # JSON Schema's `$` stands at the end alone; Python's also stands before a last line break.
    published = re.search(PATTERN.replace("$", r"\Z"), value) is not None
    assert published is (broken_rules(value) == [])
