"""The tree of exceptions mirrors the services' problem types."""

import pickle

import pytest

from authorization_service.presentation.api import problems as of_authorization
from key_value_client import InvalidToken, KeyMissing, KeyValueError, Problem, RevisionConflict, Unavailable
from key_value_client.errors import PROBLEMS, parse_problem
from key_value_service.presentation.api import problems as of_pairs

FRAMEWORK = {"no-such-path", "method-not-allowed", "internal-error"}


def test_each_problem_type_has_its_exception() -> None:
    kinds = [*of_pairs.PROBLEMS.values(), *of_authorization.PROBLEMS.values()]
    assert set(PROBLEMS) == {kind.name for kind in kinds} | FRAMEWORK


@pytest.mark.parametrize("kind", PROBLEMS.values(), ids=PROBLEMS.keys())
def test_each_exception_has_a_family_and_a_docstring(kind: type[Problem]) -> None:
    assert issubclass(kind, KeyValueError)
    assert kind.__mro__[1] not in (Problem, KeyValueError)
    assert kind.__doc__


def test_an_exception_can_be_pickled() -> None:
    error = parse_problem(404, b'{"type": "urn:problem-type:no-such-pair", "detail": "None.", "request_id": "r"}', "q")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is KeyMissing
    assert (str(again), again.request_id) == (str(error), "r")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}", b"\xff"])
def test_a_proxys_page_is_no_problem_document(body: bytes) -> None:
    error = parse_problem(502, body, "q", "5")
    assert type(error) is Unavailable
    assert "502" in str(error)
    assert "q" in str(error)
    assert error.retry_after == 5


def test_types_decide_not_statuses() -> None:
    assert type(parse_problem(401, b'{"type": "urn:problem-type:invalid-token"}', "q")) is InvalidToken
    assert not isinstance(parse_problem(409, b'{"type": "urn:problem-type:made-up"}', "q"), RevisionConflict)
