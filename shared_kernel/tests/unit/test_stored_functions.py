import pytest

from shared_kernel.infrastructure.stored_functions import unwrap


def test_a_list_that_begins_with_no_string_is_returned_as_it_is() -> None:
    assert unwrap([1, "a"], {}) == [1, "a"]


def test_a_refusal_raises_its_exception_made_from_the_details() -> None:
    with pytest.raises(LookupError, match="key 3"):
        unwrap(["conflict", "key", 3], {"conflict": lambda name, number: LookupError(f"{name} {number}")})


def test_an_unknown_reason_is_an_error_of_the_service() -> None:
    with pytest.raises(KeyError, match="quota"):
        unwrap(["quota"], {})
