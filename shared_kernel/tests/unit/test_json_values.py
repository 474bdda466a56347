"""The rules for JSON values."""

import math
import sys
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.domain.json_values import find_broken_value_rule

MAX_LEVELS = 64

Nest = Callable[[object], object]

texts = st.text(st.characters(codec="utf-8"), max_size=10)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def broken_rule(value: object) -> str | None:
    broken = find_broken_value_rule(value, MAX_LEVELS)
    return None if broken is None else broken[0]


def nest(value: object, levels: int, wrap: Nest) -> object:
    for _ in range(levels):
        value = wrap(value)
    return value


def in_list(value: object) -> object:
    return [value]


def in_object(value: object) -> object:
    return {"a": value}


def beside_others(value: object) -> object:
    return {"a": [], "b": [1, {}, value], "c": 2}


@pytest.mark.parametrize("value", [None, True, False, "", "text", "\x00", 0, 1, -1, 0.0, -0.0, 1.5, [], {}, [[]], {"": {}}])
def test_every_type_of_json_value_is_accepted(value: object) -> None:
    assert find_broken_value_rule(value, MAX_LEVELS) is None


@pytest.mark.parametrize("value", [-(2**63), 2**63, 2**64 - 1, 2**64, 10**20, 10**1000 - 1, 1 - 10**1000])
def test_integer_of_1000_digits_is_accepted(value: int) -> None:
    assert find_broken_value_rule(value, MAX_LEVELS) is None


@pytest.mark.parametrize("value", [10**1000, -(10**1000), 10**4000])
def test_integer_of_1001_digits_is_rejected(value: int) -> None:
    assert broken_rule(value) == "integer_range"


@pytest.mark.parametrize("value", [sys.float_info.max, -sys.float_info.max, sys.float_info.min, 5e-324, 2.0**64, -(2.0**63) * 2])
def test_finite_double_is_accepted(value: float) -> None:
    assert find_broken_value_rule(value, MAX_LEVELS) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_number_that_is_not_finite_is_rejected(value: float) -> None:
    assert broken_rule(value) == "finite"


@pytest.mark.parametrize("bad", [math.nan, -math.inf, 10**1000, -(10**1000)])
@pytest.mark.parametrize("wrap", [in_list, in_object, beside_others])
@pytest.mark.parametrize("levels", [1, 10, 30])
def test_invalid_number_is_found_at_any_depth(bad: float, wrap: Nest, levels: int) -> None:
    assert broken_rule(nest(bad, levels, wrap)) == broken_rule(bad) is not None


@pytest.mark.parametrize("wrap", [in_list, in_object])
@pytest.mark.parametrize("innermost", [1, "text", None])
def test_arrays_and_objects_may_nest_64_levels_deep(wrap: Nest, innermost: object) -> None:
    assert find_broken_value_rule(nest(innermost, MAX_LEVELS, wrap), MAX_LEVELS) is None


@pytest.mark.parametrize("wrap", [in_list, in_object])
@pytest.mark.parametrize("innermost", [1, "text", None, [], {}])
def test_the_65th_level_is_rejected(wrap: Nest, innermost: object) -> None:
    deep = nest(innermost, MAX_LEVELS if innermost in ([], {}) else MAX_LEVELS + 1, wrap)
    assert broken_rule(deep) == "levels"


@pytest.mark.parametrize("wrap", [in_list, in_object])
def test_empty_array_counts_as_a_level(wrap: Nest) -> None:
    assert find_broken_value_rule(nest([], MAX_LEVELS - 1, wrap), MAX_LEVELS) is None


def test_arrays_and_objects_count_alike() -> None:
    alternating = nest(1, MAX_LEVELS // 2, lambda value: [{"a": value}])
    assert find_broken_value_rule(alternating, MAX_LEVELS) is None
    assert broken_rule([alternating]) == "levels"


def test_value_thousands_of_levels_deep_is_rejected_without_recursion() -> None:
    assert broken_rule(nest(1, 100_000, in_list)) == "levels"


@given(json_values)
def test_valid_value_survives_serialization_exactly(value: object) -> None:
    assert find_broken_value_rule(value, MAX_LEVELS) is None
    # repr tells 1 from 1.0 and -0.0 from 0.0, which == does not.
    assert repr(orjson.loads(orjson.dumps(value))) == repr(value)
