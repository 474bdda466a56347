"""Ratings, roles and cursors."""

from datetime import UTC, datetime

import pytest

from coffee.core.errors import InvalidCursorError
from coffee.core.security import ROLES, covers
from coffee.core.utils import decode_cursor, encode_cursor
from coffee.db.models.coffee import Coffee
from coffee.services.coffee_service import Filter

COFFEE = Coffee(
    id="1",
    name="Guji",
    origin="Ethiopia",
    roast="light",
    description="",
    roaster="rita",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_ratings_are_counted_and_averaged() -> None:
    rated = COFFEE.rated(None, 5).rated(None, 4).rated(None, 4)
    assert (rated.rating_count, rated.rating_sum, rated.rating_rank) == (3, 13, 4_333_333)
    assert rated.rated(4, 1).rating == pytest.approx(10 / 3)
    assert rated.rated(4, None).rated(5, None).rated(4, None) == COFFEE
    assert (COFFEE.rating, COFFEE.rating_rank) == (None, 0)


def test_each_role_may_do_what_those_before_it_may() -> None:
    assert [[covers(role, needed) for needed in ROLES] for role in ROLES] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


@pytest.mark.parametrize(
    ("wanted", "is_selected"),
    [
        (Filter(), True),
        (Filter(origin="ETHIOPIA", roast="light"), True),
        (Filter(origin="Kenya"), False),
        (Filter(roast="dark"), False),
        (Filter(rating=0.5), False),
        (Filter(is_listed=False), False),
    ],
)
def test_filters(wanted: Filter, is_selected: bool) -> None:
    assert wanted.selects(COFFEE) is is_selected


def test_cursors() -> None:
    assert decode_cursor(encode_cursor("names/ñ/1")) == "names/ñ/1"
    for cursor in ("!", "A", "_w"):
        with pytest.raises(InvalidCursorError):
            decode_cursor(cursor)
