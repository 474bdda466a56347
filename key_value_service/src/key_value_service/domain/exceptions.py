"""What the service refuses, and why."""

from collections.abc import Sequence

from key_value_service.domain.value_objects.import_summary import ImportSummary
from key_value_service.domain.value_objects.watch_ticket import MAX_TICKETS_OF_USER


class KeyValueError(Exception):
    """A request that the service understands and refuses. The message says why, for the client."""


class NoSuchNamespaceError(KeyValueError):
    """The namespace does not exist, or no longer."""

    def __init__(self) -> None:
        super().__init__("The namespace does not exist.")


class NoSuchPairError(KeyValueError):
    """The pair does not exist, or no longer."""

    def __init__(self) -> None:
        super().__init__("The pair does not exist.")


class NoSuchRevisionError(KeyValueError):
    """The change with this revision is not kept, is of another pair, or removed the pair: there is no value to restore."""

    def __init__(self) -> None:
        super().__init__("There is no value of the pair with this revision, or it is no longer kept.")


class RevisionConflictError(KeyValueError):
    """The revision of a pair does not match the expected one; nothing was changed.

    `conflicts` has the key and the current revision of each such pair, 0 if it does not exist.
    """

    def __init__(self, conflicts: Sequence[tuple[str, int]]) -> None:
        self.conflicts = conflicts
        super().__init__("The revision of a pair does not match the expected revision; nothing was changed.")


class IdempotencyKeyReusedError(KeyValueError):
    """The caller has used the idempotency key for another request in this namespace; nothing was done."""

    def __init__(self) -> None:
        super().__init__("The idempotency key was used for another request; nothing was done. Use a new key for each request.")


class TooManyAnswersError(KeyValueError):
    """No more answers to requests with idempotency keys can be kept for now; nothing was done."""

    def __init__(self) -> None:
        super().__init__("So many answers are kept for idempotency keys that there is no room for another; nothing was done.")


class OperationRefusedError(KeyValueError):
    """An operation of a transaction failed, so nothing was changed.

    `operation` is its place in the request (`then.3`), `reason` is 'not a number' or 'overflow'.
    """

    def __init__(self, operation: str, key: str, reason: str) -> None:
        self.operation = operation
        self.key = key
        self.reason = reason
        sentence = {
            "not a number": "the value of the pair is not a number",
            "overflow": "the pair's number or the sum is beyond 64 bits, or the sum beyond a finite double",
        }[reason]
        super().__init__(f"The operation {operation} failed: {sentence}. Nothing was changed.")


class QuotaExceededError(KeyValueError):
    """A namespace would exceed its quota of pairs or bytes; nothing was changed."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"The namespace may have at most {limit} {what}; nothing was changed.")


class RevisionGoneError(KeyValueError):
    """Some of the changes after a revision are no longer kept, or it does not exist, or was lost with the changes: start over."""

    def __init__(self, oldest: int, revision: int) -> None:
        self.oldest = oldest
        self.revision = revision
        super().__init__(f"Changes are kept from revision {oldest} on; the current revision is {revision}.")


class NamespaceNotEmptyError(KeyValueError):
    """A namespace with pairs is only deleted by force."""

    def __init__(self) -> None:
        super().__init__("The namespace has pairs: delete it with `force=true`, or delete its pairs first.")


class DefaultNamespaceError(KeyValueError):
    """The namespace `default` always exists."""

    def __init__(self) -> None:
        super().__init__("The namespace `default` cannot be deleted.")


class InvalidWatchTicketError(KeyValueError):
    """The ticket is unknown, used up, expired or for another namespace, or its access token is no longer valid."""

    def __init__(self) -> None:
        super().__init__(
            "The ticket is not valid, or no longer: create another one. Each is good for one watch of one namespace."
        )


class TooManyWatchTicketsError(KeyValueError):
    """The user has too many tickets that are not used; the first of them expires in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"There may be at most {MAX_TICKETS_OF_USER} tickets of one user that are not used yet.")


class TooManyNamespacesError(KeyValueError):
    """The maximum number of namespaces exists already."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There may be at most {limit} namespaces.")


class PreconditionFailedError(KeyValueError):
    """A precondition on a pair does not hold; nothing was done. `revision` is its current one, 0 if it does not exist."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        super().__init__(
            f"The pair has revision {revision}; nothing was done." if revision else "The pair does not exist; nothing was done."
        )


class NotANumberError(KeyValueError):
    """The value to increment is not a number; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("The pair's value is not a number; nothing was changed.")


class NotJsonError(KeyValueError):
    """The value to patch is bytes; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("The pair's value is bytes, and only JSON can be patched; nothing was changed.")


class NumberOverflowError(KeyValueError):
    """The pair's integer is beyond 64 bits, a sum of integers beyond 64 signed bits, or any other sum beyond a finite double.

    Nothing was changed.
    """

    def __init__(self) -> None:
        super().__init__(
            "The pair's integer is beyond 64 bits, or the sum beyond those from -2^63 to 2^63-1 or a finite double; "
            "nothing was changed."
        )


class ImportRefusedError(KeyValueError):
    """An import ended at a line that breaks a rule, or all of its lines did. `summary` says what was written before."""

    def __init__(self, summary: ImportSummary) -> None:
        self.summary = summary
        line, violations = summary.errors[0]
        (violation, *_) = violations
        super().__init__(
            f"Line {line} was refused: {violation.field}: {violation.message} Pairs written before: {summary.written}."
            if summary.refused == 1
            else f"No pair was written; {summary.refused} lines were refused, the first is line {line}: "
            f"{violation.field}: {violation.message}"
        )


class DeletionInterruptedError(KeyValueError):
    """The database failed during the deletion of a range; `deleted` pairs are deleted, others may not be."""

    def __init__(self, deleted: int, reason: str) -> None:
        self.deleted = deleted
        super().__init__(f"{deleted} pairs, or a few more, were deleted before: {reason} Repeat the request to delete the rest.")
