"""The rules for new passwords."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization_service.domain.value_objects.password import Password, normalize_password
from shared_kernel.domain.rules import RulesBrokenError

COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"


def broken_rules(value: str) -> list[str]:
    return [violation.rule for violation in Password.find_violations(value)]


def password_of(length: int, letter: str = "a") -> str:
    return "A1!" + letter * (length - 3)


@pytest.mark.parametrize("length", [8, 9, 127, 128])
def test_a_password_of_8_to_128_characters_is_accepted(length: int) -> None:
    assert Password(password_of(length)).value == password_of(length)


@pytest.mark.parametrize("length", [4, 7, 129, 1_000_000])
def test_a_password_of_another_length_is_refused(length: int) -> None:
    assert broken_rules(password_of(length)) == ["length"]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("CORRECT-HORSE-7", "lower_case"),
        ("correct-horse-7", "upper_case"),
        ("Correct-horse-x", "digit"),
        ("Correct4horse7", "special"),
        ("Correct 4horse 7", "special"),
        ("Correct\t4horse\u00a07", "special"),
    ],
)
def test_each_kind_of_character_is_required(value: str, rule: str) -> None:
    assert broken_rules(value) == [rule]


def test_an_empty_password_breaks_every_rule() -> None:
    assert broken_rules("") == ["length", "lower_case", "upper_case", "digit", "special"]


@pytest.mark.parametrize("special", list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~€„🔑"))
def test_whatever_is_neither_letter_nor_digit_nor_space_is_special(special: str) -> None:
    assert broken_rules(f"Correct7{special}") == []


@pytest.mark.parametrize("value", ["Пароль-123", "Κωδικός-123", "Correct-horse-\u0667", "Correct horse battery 7!"])
def test_letters_and_digits_of_other_scripts_and_spaces_count(value: str) -> None:
    assert broken_rules(value) == []


def test_password_in_a_script_without_case_breaks_the_rules_of_case() -> None:
    assert broken_rules("密码密码密码-123") == ["lower_case", "upper_case"]


def test_composed_and_decomposed_letters_make_one_password() -> None:
    assert Password(password_of(10, COMPOSED)).value == Password(f"A1!{DECOMPOSED * 7}").value


def test_the_length_is_counted_in_composed_characters() -> None:
    assert broken_rules("A1!a" + DECOMPOSED * 124) == []
    assert broken_rules("A1!a" + DECOMPOSED * 125) == ["length"]
    assert broken_rules("A1!a" + DECOMPOSED * 3) == ["length"]


def test_combining_mark_is_no_special_character() -> None:
    assert broken_rules(f"Corr{DECOMPOSED}ct4horse") == broken_rules(f"Corr{COMPOSED}ct4horse") == ["special"]


def test_letters_that_look_alike_make_different_passwords() -> None:
    assert normalize_password("Ａbc") == "Ａbc"  # noqa: RUF001 - form C, not KC: a full-width letter stays what it is


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_the_rules_are_the_same_in_every_normal_form(value: str) -> None:
    forms = {form: broken_rules(unicodedata.normalize(form, value)) for form in ("NFC", "NFD")}
    assert forms["NFC"] == forms["NFD"] == broken_rules(value)


@given(st.text(max_size=20))
def test_a_password_either_breaks_a_rule_or_is_kept_in_form_c(value: str) -> None:
    if broken_rules(value):
        with pytest.raises(RulesBrokenError):
            Password(value)
    else:
        assert unicodedata.is_normalized("NFC", Password(value).value)


def test_neither_text_nor_errors_show_the_password() -> None:
    assert "Correct" not in repr(Password("Correct-horse-7"))
    with pytest.raises(RulesBrokenError) as raised:
        Password("Correct4horse")
    assert "Correct" not in str(raised.value)
    assert {violation.field for violation in raised.value.violations} == {"password"}


def test_generated_passwords_differ_and_obey_the_rules() -> None:
    made = {Password.new().value for _ in range(200)}
    assert len(made) == 200
    assert not any(list(Password.find_violations(password)) for password in made)
    assert min(map(len, made)) == 24
