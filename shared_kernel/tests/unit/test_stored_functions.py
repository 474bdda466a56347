"""Results and refusals of stored functions."""

import pytest

from shared_kernel.infrastructure.stored_functions import unwrap


def test_result_is_returned_unchanged() -> None:
    assert unwrap([1, "a"], {}) == [1, "a"]


def test_refusal_raises_the_exception_made_from_its_details() -> None:
    with pytest.raises(LookupError, match="key 3"):
        unwrap(["conflict", "key", 3], {"conflict": lambda name, number: LookupError(f"{name} {number}")})


def test_unknown_reason_is_an_internal_error() -> None:
    with pytest.raises(KeyError, match="quota"):
        unwrap(["quota"], {})
