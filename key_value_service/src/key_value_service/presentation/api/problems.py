"""How this service's exceptions become problems."""

from key_value_service.domain.exceptions import (
    DefaultNamespaceError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    QuotaExceededError,
    RevisionConflictError,
    RevisionGoneError,
    TooManyNamespacesError,
)
from shared_kernel.presentation.http import problems as shared
from shared_kernel.presentation.http.direct_route import DirectRoute
from shared_kernel.presentation.http.problems import ProblemKind

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    NoSuchNamespaceError: ProblemKind(404, "no-such-namespace", "There is no such namespace"),
    RevisionConflictError: ProblemKind(
        409,
        "revision-conflict",
        "A pair has another revision",
        members=lambda error: {"conflicts": [{"key": key, "revision": revision} for key, revision in error.conflicts]},
    ),
    RevisionGoneError: ProblemKind(
        410,
        "revision-gone",
        "The changes behind the revision are not kept",
        members=lambda error: {"oldest": error.oldest, "revision": error.revision},
    ),
    QuotaExceededError: ProblemKind(409, "quota-exceeded", "A quota of the namespace is exceeded"),
    NamespaceNotEmptyError: ProblemKind(409, "namespace-not-empty", "The namespace has pairs"),
    DefaultNamespaceError: ProblemKind(409, "default-namespace", "The default namespace cannot be deleted"),
    TooManyNamespacesError: ProblemKind(409, "limit-reached", "A limit is reached"),
}


class Operation(DirectRoute):
    """The route class of this service's controllers."""

    problems = PROBLEMS


class WaitingOperation(Operation):
    """The route class of operations that wait for something to happen."""

    at_door = False
    waits = True
