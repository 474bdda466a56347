"""Violations, and the error that lists them."""

import pytest

from shared_kernel.domain.rules import MAX_FIELD, MAX_VIOLATIONS, RulesBrokenError, Violation, refuse_if_broken


def make_violations(count: int) -> list[Violation]:
    return [Violation(f"field_{number}", "rule", f"Message {number}.") for number in range(count)]


def test_field_name_of_maximum_length_is_kept() -> None:
    assert Violation("f" * MAX_FIELD, "rule", "Message.").field == "f" * MAX_FIELD


def test_longer_field_name_is_truncated() -> None:
    assert Violation("f" * (MAX_FIELD + 1), "rule", "Message.").field == "f" * MAX_FIELD + "…"


def test_huge_field_name_does_not_make_a_huge_error() -> None:
    error = RulesBrokenError([Violation("f" * 5_000_000, "rule", "Message.")])
    assert len(str(error)) < 2 * MAX_FIELD


def test_error_message_lists_every_field_and_message() -> None:
    assert str(RulesBrokenError(make_violations(2))) == "field_0: Message 0.; field_1: Message 1."


@pytest.mark.parametrize("count", [1, MAX_VIOLATIONS, MAX_VIOLATIONS + 1, 1000])
def test_error_has_the_first_violations_in_order(count: int) -> None:
    violations = make_violations(count)
    assert RulesBrokenError(violations).violations == tuple(violations[:MAX_VIOLATIONS])


def test_no_violations_raise_nothing() -> None:
    refuse_if_broken([], iter(()), ())


def test_violations_of_all_groups_are_raised_together() -> None:
    first, second, third = make_violations(3)
    with pytest.raises(RulesBrokenError) as raised:
        refuse_if_broken(iter([first]), [], iter([second, third]))
    assert raised.value.violations == (first, second, third)
