"""The table of this service's problems."""

from collections.abc import Iterator

from key_value_service.domain.exceptions import KeyValueError
from key_value_service.presentation.api.problems import PROBLEMS


def find_kinds(base: type[KeyValueError]) -> Iterator[type[KeyValueError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from find_kinds(kind)


def test_every_domain_error_has_a_problem() -> None:
    kinds = set(find_kinds(KeyValueError))
    assert len(kinds) >= 13
    assert kinds <= PROBLEMS.keys()
