"""The table of this service's problems."""

from authorization_service.presentation.api.problem_help import HELP
from authorization_service.presentation.api.problems import PROBLEMS
from shared_kernel.presentation.http.routing.problems import list_kinds


def test_every_type_of_problem_is_explained() -> None:
    assert HELP.keys() == list_kinds(PROBLEMS).keys()
