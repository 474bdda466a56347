"""The page of all problem types, from the tables of both services and their explanations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from authorization_service.presentation.api.problem_help import HELP as AUTHORIZATION_HELP
from authorization_service.presentation.api.problems import PROBLEMS as AUTHORIZATION_PROBLEMS
from documentation.markdown import escape, join, make_json
from key_value_service.presentation.api.problem_help import HELP as KEY_VALUE_HELP
from key_value_service.presentation.api.problems import PROBLEMS as KEY_VALUE_PROBLEMS
from shared_kernel.presentation.http.routing.problem_help import Help
from shared_kernel.presentation.http.routing.problems import ProblemKind, describe_example, list_kinds


class _Service(NamedTuple):
    name: str
    kinds: Mapping[str, list[ProblemKind]]
    explanations: Help


def describe_problem_types() -> str:
    """Return the page: a heading for each type."""
    services = (
        _Service("authorization service", list_kinds(AUTHORIZATION_PROBLEMS), AUTHORIZATION_HELP),
        _Service("key-value service", list_kinds(KEY_VALUE_PROBLEMS), KEY_VALUE_HELP),
    )
    names = sorted({name for service in services for name in service.kinds})
    return join(
        "# Problem types",
        "Errors are `application/problem+json` (RFC 9457): decide by `type`, which is `urn:problem-type:` and one of these names."
        ' Each response has a `Link` with `rel="help"` to the service\'s own page about its type, at `/problems/` and the name.'
        " [Handle errors](../api.md#handle-errors) has them in short, by what they have in common.",
        *(join(f"## {name}", *_explain(name, [each for each in services if name in each.kinds])) for name in names),
    )


def _explain(name: str, services: Sequence[_Service]) -> Iterator[str]:
    """Yield what it is; a service that means something else by the name explains it for itself."""
    by_meaning: dict[str, list[_Service]] = {}
    for service in services:
        by_meaning.setdefault(service.explanations[name].meaning, []).append(service)
    for same in by_meaning.values():
        kinds, explanation = same[0].kinds[name], same[0].explanations[name]
        titles = "; ".join(f"{kind.status} {kind.title}" for kind in kinds)
        yield f"**{escape(titles)}** ({' and '.join(service.name for service in same)})"
        yield f"{escape(explanation.meaning)} **What to do:** {escape(explanation.remedy)}"
        yield make_json(describe_example(kinds[0], explanation))
