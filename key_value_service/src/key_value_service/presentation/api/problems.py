"""The problems (RFC 9457) that this service's exceptions are reported as."""

from typing import Any

from key_value_service.domain.exceptions import (
    DefaultNamespaceError,
    DeletionInterruptedError,
    IdempotencyKeyReusedError,
    ImportRefusedError,
    InvalidWatchTicketError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchPairError,
    NoSuchRevisionError,
    NotANumberError,
    NotJsonError,
    NumberOverflowError,
    OperationRefusedError,
    PreconditionFailedError,
    QuotaExceededError,
    RevisionConflictError,
    RevisionGoneError,
    TooManyAnswersError,
    TooManyNamespacesError,
    TooManyWatchTicketsError,
)
from key_value_service.domain.value_objects.import_summary import ImportSummary
from key_value_service.presentation.api.consistency import ConsistentRoute
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing import problems as shared
from shared_kernel.presentation.http.routing.problems import ProblemKind


def describe_import(summary: ImportSummary) -> dict[str, Any]:
    """Return the members that say what became of an import's lines."""
    errors = [
        {"line": broken.line, "field": violation.field, "rule": violation.rule, "message": violation.message}
        for broken in summary.errors
        for violation in broken.violations
    ]
    counts = {name: getattr(summary, name) for name in ("written", "skipped", "expired", "refused", "revision")}
    return {**counts, "errors": errors}


PROBLEMS: shared.Problems = {
    **shared.PROBLEMS,
    InvalidWatchTicketError: ProblemKind(
        401, "invalid-ticket", "Invalid watch ticket", ((b"www-authenticate", b'Bearer error="invalid_token"'),)
    ),
    NoSuchNamespaceError: ProblemKind(404, "no-such-namespace", "Namespace not found"),
    NoSuchPairError: ProblemKind(404, "no-such-pair", "Pair not found"),
    NoSuchRevisionError: ProblemKind(404, "no-such-revision", "Revision not found"),
    NotANumberError: ProblemKind(409, "not-a-number", "Value is not a number"),
    NotJsonError: ProblemKind(409, "not-json", "Value is not JSON"),
    NumberOverflowError: ProblemKind(409, "number-overflow", "Number out of range"),
    RevisionConflictError: ProblemKind(
        409,
        "revision-conflict",
        "Revision conflict",
        members=lambda error: {"conflicts": [{"key": key, "revision": revision} for key, revision in error.conflicts]},
    ),
    RevisionGoneError: ProblemKind(
        410,
        "revision-gone",
        "Revision no longer kept",
        members=lambda error: {"oldest": error.oldest, "revision": error.revision},
    ),
    PreconditionFailedError: ProblemKind(
        412, "precondition-failed", "Precondition failed", members=lambda error: {"revision": error.revision}
    ),
    ImportRefusedError: ProblemKind(
        422, "import-refused", "Import refused", members=lambda error: describe_import(error.summary)
    ),
    IdempotencyKeyReusedError: ProblemKind(
        422,
        "idempotency-key-reused",
        "Idempotency key used for another request",
        members=lambda error: {"errors": [{"field": "idempotency-key", "rule": "reused", "message": str(error)}]},
    ),
    TooManyAnswersError: ProblemKind(
        503, "too-many-idempotency-keys", "Too many idempotency keys in use", ((b"retry-after", b"1"),)
    ),
    DeletionInterruptedError: ProblemKind(
        503,
        "deletion-interrupted",
        "Deletion incomplete",
        ((b"retry-after", b"1"),),
        members=lambda error: {"deleted": error.deleted},
    ),
    OperationRefusedError: ProblemKind(
        409,
        "operation-refused",
        "Transaction operation failed",
        members=lambda error: {"operation": error.operation, "key": error.key, "reason": error.reason},
    ),
    QuotaExceededError: ProblemKind(409, "quota-exceeded", "Namespace quota exceeded"),
    NamespaceNotEmptyError: ProblemKind(409, "namespace-not-empty", "Namespace not empty"),
    DefaultNamespaceError: ProblemKind(409, "default-namespace", "Default namespace cannot be deleted"),
    TooManyNamespacesError: ProblemKind(409, "limit-reached", "Limit reached"),
    TooManyWatchTicketsError: ProblemKind(
        429,
        "too-many-tickets",
        "Too many unused tickets",
        ((b"retry-after", b"30"),),
        error_headers=lambda error: ((b"retry-after", b"%d" % error.retry_after),),
    ),
}

NAMESPACE_ERRORS = (InsufficientScopeError, NoSuchNamespaceError, StoreUnavailableError)
"""The errors of every operation in a namespace."""
WRITE_ERRORS = (*NAMESPACE_ERRORS, QuotaExceededError, StoreFullError)
"""The errors of every operation that writes pairs."""
KEY_ERRORS = (IdempotencyKeyReusedError, TooManyAnswersError)
"""The errors of every operation that may have an idempotency key."""


class Operation(ConsistentRoute):
    """The route class of this service's controllers."""

    problems = PROBLEMS


class WaitingOperation(Operation):
    """The route class of operations that wait for changes: they do not count towards the limit of concurrent requests."""

    counts_towards_limit = False
    waits = True
    says_staleness = False
