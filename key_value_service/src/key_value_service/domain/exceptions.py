"""What the service refuses, and why."""

from collections.abc import Sequence


class KeyValueError(Exception):
    """A request that the service understands and refuses. The message says why, for the client."""


class NoSuchNamespaceError(KeyValueError):
    """The namespace does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such namespace.")


class NoSuchPairError(KeyValueError):
    """The pair does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such pair.")


class RevisionConflictError(KeyValueError):
    """A pair has another revision than was expected; nothing was changed.

    `conflicts` has the key and the present revision of each such pair, 0 where there is none.
    """

    def __init__(self, conflicts: Sequence[tuple[str, int]]) -> None:
        self.conflicts = conflicts
        super().__init__("The revision of a pair is another than was expected; nothing was changed.")


class OperationRefusedError(KeyValueError):
    """An operation of a transaction cannot be done, so none of them was.

    `operation` says which as clients name it (`then.3`), `reason` is 'not a number' or 'overflow'.
    """

    def __init__(self, operation: str, key: str, reason: str) -> None:
        self.operation = operation
        self.key = key
        self.reason = reason
        sentence = {
            "not a number": "the pair holds something else than a number",
            "overflow": "the sum lies beyond 64-bit signed integers or finite doubles",
        }[reason]
        super().__init__(f"The operation {operation} cannot be done, since {sentence}; nothing was changed.")


class QuotaExceededError(KeyValueError):
    """A namespace would have more pairs or bytes than its quota; nothing was changed."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"The namespace may have at most {most} {what}; nothing was changed.")


class RevisionGoneError(KeyValueError):
    """The changes behind a revision are not all kept any more, or there has been no such revision: begin anew."""

    def __init__(self, oldest: int, revision: int) -> None:
        self.oldest = oldest
        self.revision = revision
        super().__init__(f"Changes are kept from revision {oldest} on, and the last one has been {revision}.")


class NamespaceNotEmptyError(KeyValueError):
    """A namespace that has pairs is deleted only by force."""

    def __init__(self) -> None:
        super().__init__("The namespace has pairs: delete it with `force=true`, or its pairs before.")


class DefaultNamespaceError(KeyValueError):
    """The namespace `default` always exists."""

    def __init__(self) -> None:
        super().__init__("The namespace `default` cannot be deleted.")


class TooManyNamespacesError(KeyValueError):
    """There are as many namespaces as there may be."""

    def __init__(self, most: int) -> None:
        super().__init__(f"There may be at most {most} namespaces.")


class PreconditionFailedError(KeyValueError):
    """A pair is not as it had to be; nothing was changed. `revision` is what it has now, 0 where there is none."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        super().__init__(
            f"The pair has revision {revision}; nothing was done." if revision else "There is no such pair; nothing was done."
        )


class NotANumberError(KeyValueError):
    """What should be added to is no number; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("The pair's value is not a number; nothing was changed.")


class NumberOverflowError(KeyValueError):
    """A sum is no 64-bit signed integer or, of other numbers, no finite double; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("The sum is beyond the integers from -2^63 to 2^63-1, or beyond a double; nothing was changed.")


class DeletionInterruptedError(KeyValueError):
    """Not all of the pairs that should go are gone: the database failed on the way. `deleted` of them are."""

    def __init__(self, deleted: int) -> None:
        self.deleted = deleted
        super().__init__(f"The database failed when {deleted} pairs, or some more, had been deleted. Ask again for the rest.")
