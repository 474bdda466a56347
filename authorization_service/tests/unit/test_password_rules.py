"""Common passwords, and passwords with the username, are rejected."""

import pytest

from authorization_service.domain.password_rules import PasswordRules
from authorization_service.infrastructure.security.common_passwords import COUNT, load_common_passwords
from test_support.authorization.fakes import GOOD_PASSWORD

COMMON = load_common_passwords()


def broken_rules(password: str, username: str = "anna") -> list[tuple[str, str]]:
    return [(found.field, found.rule) for found in PasswordRules(COMMON).find_violations(password, username, "new_password")]


def test_ten_thousand_passwords_are_known_in_lower_case() -> None:
    assert len(COMMON) == COUNT == 10_000
    assert {"password", "12345678", "qwerty", "letmein", "p@ssw0rd"} < COMMON
    assert all(password == password.casefold() for password in COMMON)


@pytest.mark.parametrize(
    "password",
    ["P@ssw0rd", "1Qaz!qaz", "Password1!", "Password-1", "PASSWORd_12345!", "Dragon#2412202", "Liverpool!1", "P@ssw0rd!"],
)
def test_common_password_is_rejected_in_any_case_and_with_an_ending(password: str) -> None:
    assert broken_rules(password) == [("new_password", "common")]


@pytest.mark.parametrize("password", [GOOD_PASSWORD, "Password-1-horse", "Dragon#24122024", "1!Password-x", "1234-Aa-5678"])
def test_uncommon_password_is_accepted(password: str) -> None:
    assert broken_rules(password) == []


@pytest.mark.parametrize("password", ["Anna-horse-7", "Correct-7-aNNa", "Hannah-horse-7"])
def test_a_password_with_the_username_in_it_is_refused(password: str) -> None:
    assert broken_rules(password, "Anna") == [("new_password", "username")]


def test_username_of_two_letters_is_not_searched_for() -> None:
    assert broken_rules("Major-horse-7", "jo") == []


def test_all_broken_rules_are_reported_together() -> None:
    assert [rule for _, rule in broken_rules("dragon1", "dragon")] == ["length", "upper_case", "special", "common", "username"]


def test_overlong_password_breaks_only_the_rule_of_length() -> None:
    assert broken_rules("anna" * 1_000_000) == [("new_password", "length")]


def test_the_passwords_do_not_appear_in_messages_or_representations() -> None:
    rules = PasswordRules(COMMON)
    assert "dragon" not in repr(rules)
    assert not any("Dragon" in found.message for found in rules.find_violations("Dragon-2024", "x"))
