"""The page of all problem types, from the tables of both services."""

from authorization_service.presentation.api.problems import PROBLEMS as AUTHORIZATION_PROBLEMS
from documentation.markdown import escape, join
from key_value_service.presentation.api.problems import PROBLEMS as KEY_VALUE_PROBLEMS


def describe_problem_types() -> str:
    """Return the page: a heading for each type."""
    kinds = {kind.name: kind for problems in (AUTHORIZATION_PROBLEMS, KEY_VALUE_PROBLEMS) for kind in problems.values()}
    return join(
        "# Problem types",
        *(join(f"## {name}", f"{kind.status} {escape(kind.title)}.") for name, kind in sorted(kinds.items())),
    )
