"""Preconditions on a pair's revision."""

import pytest

from key_value_service.domain.value_objects.batch import ANY_REVISION, Expectation
from key_value_service.domain.value_objects.precondition import ANY, NO_PRECONDITION, Precondition, Revisions

FIVE = frozenset({5})
SOME = frozenset({5, 7})
NONE: Revisions = frozenset()


@pytest.mark.parametrize(
    ("precondition", "holding"),
    [
        (NO_PRECONDITION, {0, 5, 6, 7}),
        (Precondition(ANY), {5, 6, 7}),
        (Precondition(FIVE), {5}),
        (Precondition(SOME), {5, 7}),
        (Precondition(NONE), set()),
        (Precondition(None, ANY), {0}),
        (Precondition(None, SOME), {0, 6}),
        (Precondition(None, NONE), {0, 5, 6, 7}),
        (Precondition(SOME, FIVE), {7}),
        (Precondition(ANY, ANY), set()),
    ],
)
def test_precondition_holds_for_exactly_these_revisions(precondition: Precondition, holding: set[int]) -> None:
    assert {revision for revision in (0, 5, 6, 7) if precondition.holds(revision)} == holding


@pytest.mark.parametrize(
    ("precondition", "expected"),
    [
        (Precondition(ANY), ANY_REVISION),
        (Precondition(FIVE), 5),
        (Precondition(None, ANY), 0),
        (NO_PRECONDITION, (None, None)),
        (Precondition(SOME), (sorted(SOME), None)),
        (Precondition(NONE), ([], None)),
        (Precondition(None, FIVE), (None, [5])),
        (Precondition(FIVE, ANY), ([5], ANY_REVISION)),
    ],
)
def test_simple_precondition_is_a_single_expected_revision(precondition: Precondition, expected: Expectation) -> None:
    assert precondition.expected == expected
