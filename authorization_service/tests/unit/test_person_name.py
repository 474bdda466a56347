"""The rules for first and last names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization_service.domain.value_objects.person_name import PersonName
from shared_kernel.domain.rules import RulesBrokenError


def broken_rules(value: str) -> list[str]:
    return [violation.rule for violation in PersonName.find_violations(value, "first_name")]


@pytest.mark.parametrize(
    "value",
    [
        "Jo", "Anna", "Petrova-Smith", "O'Neill", "O\u2019Neill", "Anna Maria", "van der Berg", "Jean-Luc d'Arc", "MacDonald",
        "Анна-Мария", "Ελένη", "محمد", "שרה", "李小龍", "ゆうこ", "김철수", "निशा", "அருண்", "สมชาย", "Nguyễn", "Łukasz", "ßen",
    ],
)  # fmt: skip
def test_names_of_any_script_are_accepted(value: str) -> None:
    assert broken_rules(value) == []


@pytest.mark.parametrize("length", [2, 3, 31, 32])
def test_a_name_of_2_to_32_characters_is_accepted(length: int) -> None:
    assert PersonName("a" * length).value == "a" * length


@pytest.mark.parametrize("length", [1, 33, 64, 100_000])
def test_a_name_of_another_length_is_refused(length: int) -> None:
    assert broken_rules("a" * length) == ["length"]


def test_an_empty_name_breaks_both_rules() -> None:
    assert broken_rules("") == ["length", "characters"]


@pytest.mark.parametrize("joiner", ["-", "'", "\u2019", " "])
def test_a_joiner_stands_alone_and_between_letters(joiner: str) -> None:
    assert broken_rules(f"Anna{joiner}Maria") == []
    for value in (f"{joiner}Anna", f"Anna{joiner}", f"Anna{joiner}{joiner}Maria", joiner * 2, f"Anna{joiner}-Maria"):
        assert broken_rules(value) == ["characters"], value


@pytest.mark.parametrize(
    "value",
    [
        "Anna1", "Anna\u0661", "Anna_Maria", "Anna.", "Anna,Maria", "Anna\n", "Anna\tMaria", "Anna\u00a0Maria", "Anna\x00",
        "An\u200bna", "\u202eAnna", "Anna😀", "<b>Anna</b>", "Anna\u2014Maria", "Anna\u2160",
    ],
)  # fmt: skip
def test_character_that_is_no_letter_is_rejected(value: str) -> None:
    assert broken_rules(value) == ["characters"]


@pytest.mark.parametrize("value", ["\u0301Anna", "Anna-\u0301Maria", "Anna \u0301Maria", "\u0301\u0301"])
def test_a_mark_needs_a_letter_before_it(value: str) -> None:
    assert broken_rules(value) == ["characters"]


def test_a_letter_may_have_several_marks() -> None:
    assert broken_rules("Anq\u0301\u0323a") == []


def test_names_are_stored_in_composed_form() -> None:
    assert PersonName("Rene\u0301e").value == PersonName("Ren\u00e9e").value == "Ren\u00e9e"


def test_the_length_is_counted_in_composed_characters() -> None:
    assert broken_rules("e\u0301" * 32) == []
    assert broken_rules("e\u0301") == ["length"]


@given(st.text(max_size=40))
def test_the_rules_are_the_same_in_every_normal_form(value: str) -> None:
    assert (
        broken_rules(value)
        == broken_rules(unicodedata.normalize("NFC", value))
        == broken_rules(unicodedata.normalize("NFD", value))
    )


@given(st.lists(st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=6), min_size=2, max_size=4))
def test_letters_joined_by_single_hyphens_are_accepted(parts: list[str]) -> None:
    assert "characters" not in broken_rules("-".join(parts))


def test_violation_names_the_field_of_the_request() -> None:
    assert [violation.field for violation in PersonName.find_violations("", "last_name")] == ["last_name", "last_name"]


def test_invalid_name_cannot_be_constructed() -> None:
    with pytest.raises(RulesBrokenError):
        PersonName("Anna1")
