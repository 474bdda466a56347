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
        "伟", "J", "O", "Jr.", "J. R. R.", "Sammy Davis, Jr.", "Jennifer 8.", "Elizabeth II", "X Æ A-12", "'t Hooft",
        "\u2019s-Gravesande", "Hubert_Blaine", "Mc\u2013Donald", "Anna\u2014Maria", "Anna\u2160", "Adolph\u3000Blaine", "\u3400",
        "Petrova--Smith", "Ōno (Taro)", 'Dwayne "The Rock"', "O\u00b4Brien", "O`Brien", "D·Artagnan", "\u02bbAkamu",
        "María de los Ángeles de la Trinidad", "Anna\u00a0Maria", "علی\u200cرض", "ක්\u200dෂිත",
    ],
)  # fmt: skip
def test_names_of_any_script_are_accepted(value: str) -> None:
    assert broken_rules(value) == []


@pytest.mark.parametrize("length", [1, 2, 35, 63, 64])
def test_a_name_of_1_to_64_characters_is_accepted(length: int) -> None:
    assert PersonName("a" * length).value == "a" * length


@pytest.mark.parametrize("length", [65, 128, 257, 100_000])
def test_a_name_of_another_length_is_refused(length: int) -> None:
    assert broken_rules("a" * length) == ["length"]


def test_an_empty_name_breaks_both_rules() -> None:
    assert broken_rules("") == ["length", "characters"]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000", "\u200c", "\u200d"])
def test_spaces_and_joiners_stand_inside(space: str) -> None:
    assert broken_rules(f"Anna{space}Maria") == []
    for value in (f"{space}Anna", f"Anna{space}", space, f"{space}{space}"):
        assert broken_rules(value) == ["characters"], value


@pytest.mark.parametrize(
    "value",
    [
        "Anna\n", "Anna\tMaria", "Anna\x00", "Anna\x7f", "An\u0085na", "An\u200bna", "An\ufeffna", "An\u00adna", "An\u2028na",
        "\u202eAnna", "An\u2066na\u2069", "An\u200fna", "An\u061cna", "An\ue000na", "An\U000e0041na", "An\ud800na", "An\u0378na",
        "Anna😀", "<b>Anna</b>", "Anna=1", "7", "...", "-", "\u0661",
    ],
)  # fmt: skip
def test_invisible_characters_symbols_and_names_without_a_letter_are_rejected(value: str) -> None:
    assert broken_rules(value) == ["characters"]


@pytest.mark.parametrize("value", ["\u0301Anna", "\u0301\u0301"])
def test_a_mark_does_not_begin_a_name(value: str) -> None:
    assert broken_rules(value) == ["characters"]


def test_a_letter_may_have_several_marks() -> None:
    assert broken_rules("Anq\u0301\u0323a") == []


def test_names_are_stored_in_composed_form() -> None:
    assert PersonName("Rene\u0301e").value == PersonName("Ren\u00e9e").value == "Ren\u00e9e"


def test_the_length_is_counted_in_composed_characters() -> None:
    assert broken_rules("e\u0301" * 64) == []
    assert broken_rules("e\u0301" * 65) == ["length"]


@given(st.text(max_size=80))
def test_the_rules_are_the_same_in_every_normal_form(value: str) -> None:
    assert (
        broken_rules(value)
        == broken_rules(unicodedata.normalize("NFC", value))
        == broken_rules(unicodedata.normalize("NFD", value))
    )


@given(st.lists(st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=6), min_size=2, max_size=4))
def test_letters_joined_by_single_hyphens_are_accepted(parts: list[str]) -> None:
    assert "characters" not in broken_rules("-".join(parts))


# Stored names of earlier versions stay valid.
@given(st.from_regex(r"[^\W\d_]([-'\u2019 ]?[^\W\d_]){1,15}", fullmatch=True))
def test_names_that_earlier_versions_accepted_are_accepted(value: str) -> None:
    if all(unicodedata.category(character)[0] == "L" or character in "-'\u2019 " for character in value):
        assert broken_rules(value) == []


def test_violation_names_the_field_of_the_request() -> None:
    assert [violation.field for violation in PersonName.find_violations("", "last_name")] == ["last_name", "last_name"]


def test_invalid_name_cannot_be_constructed() -> None:
    with pytest.raises(RulesBrokenError):
        PersonName("Anna\n")
