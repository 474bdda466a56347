"""Violations and the error that carries them."""

import pytest

from shared_kernel.domain.rules import MAX_FIELD, MAX_VIOLATIONS, RulesBrokenError, Violation, refuse_if_broken


def make_violations(count: int) -> list[Violation]:
    return [Violation(f"field_{number}", "rule", f"Message {number}.") for number in range(count)]


def test_a_field_name_of_the_greatest_length_is_kept_whole() -> None:
    assert Violation("f" * MAX_FIELD, "rule", "Message.").field == "f" * MAX_FIELD


def test_a_longer_field_name_is_cut() -> None:
    assert Violation("f" * (MAX_FIELD + 1), "rule", "Message.").field == "f" * MAX_FIELD + "…"


def test_a_field_name_of_megabytes_makes_no_error_of_megabytes() -> None:
    error = RulesBrokenError([Violation("f" * 5_000_000, "rule", "Message.")])
    assert len(str(error)) < 2 * MAX_FIELD


def test_an_error_tells_every_field_and_message() -> None:
    assert str(RulesBrokenError(make_violations(2))) == "field_0: Message 0.; field_1: Message 1."


@pytest.mark.parametrize("count", [1, MAX_VIOLATIONS, MAX_VIOLATIONS + 1, 1000])
def test_an_error_carries_the_first_violations_in_order(count: int) -> None:
    violations = make_violations(count)
    assert RulesBrokenError(violations).violations == tuple(violations[:MAX_VIOLATIONS])


def test_nothing_is_raised_where_nothing_is_broken() -> None:
    refuse_if_broken([], iter(()), ())


def test_violations_of_all_groups_are_told_at_once() -> None:
    first, second, third = make_violations(3)
    with pytest.raises(RulesBrokenError) as raised:
        refuse_if_broken(iter([first]), [], iter([second, third]))
    assert raised.value.violations == (first, second, third)
