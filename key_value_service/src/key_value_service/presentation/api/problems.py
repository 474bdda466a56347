"""How this service's exceptions become problems."""

from key_value_service.domain.exceptions import (
    DefaultNamespaceError,
    DeletionInterruptedError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchPairError,
    NotANumberError,
    NumberOverflowError,
    OperationRefusedError,
    PreconditionFailedError,
    QuotaExceededError,
    RevisionConflictError,
    RevisionGoneError,
    TooManyNamespacesError,
)
from shared_kernel.presentation.http.routing import problems as shared
from shared_kernel.presentation.http.routing.direct_route import DirectRoute
from shared_kernel.presentation.http.routing.problems import ProblemKind

PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    NoSuchNamespaceError: ProblemKind(404, "no-such-namespace", "There is no such namespace"),
    NoSuchPairError: ProblemKind(404, "no-such-pair", "There is no such pair"),
    NotANumberError: ProblemKind(409, "not-a-number", "The pair's value is not a number"),
    NumberOverflowError: ProblemKind(409, "number-overflow", "The sum is too large or too small"),
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
    PreconditionFailedError: ProblemKind(
        412, "precondition-failed", "The pair is not as it had to be", members=lambda error: {"revision": error.revision}
    ),
    DeletionInterruptedError: ProblemKind(
        503,
        "deletion-interrupted",
        "Not all of the pairs have been deleted",
        ((b"retry-after", b"1"),),
        members=lambda error: {"deleted": error.deleted},
    ),
    OperationRefusedError: ProblemKind(
        409,
        "operation-refused",
        "An operation of the transaction cannot be done",
        members=lambda error: {"operation": error.operation, "key": error.key, "reason": error.reason},
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

    counts_towards_limit = False
    waits = True
