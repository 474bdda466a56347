"""The table of this service's problems."""

from collections.abc import Iterator

from key_value_service.domain.exceptions import KeyValueError
from key_value_service.presentation.api.problem_help import HELP
from key_value_service.presentation.api.problems import PROBLEMS
from shared_kernel.presentation.http.routing.problems import list_kinds


def find_kinds(base: type[KeyValueError]) -> Iterator[type[KeyValueError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from find_kinds(kind)


def test_every_domain_error_has_a_problem() -> None:
    kinds = set(find_kinds(KeyValueError))
    assert len(kinds) >= 13
    assert kinds <= PROBLEMS.keys()


def test_every_type_of_problem_is_explained() -> None:
    assert HELP.keys() == list_kinds(PROBLEMS).keys()
