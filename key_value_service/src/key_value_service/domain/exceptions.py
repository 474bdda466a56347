"""What the domain refuses."""

from collections.abc import Sequence


class NoSuchNamespaceError(Exception):
    """The namespace does not exist, or not any more."""

    def __init__(self) -> None:
        super().__init__("There is no such namespace.")


class RevisionConflictError(Exception):
    """A pair has another revision than was expected; nothing was changed.

    `conflicts` has the key and the present revision of each such pair, 0 where there is none.
    """

    def __init__(self, conflicts: Sequence[tuple[str, int]]) -> None:
        self.conflicts = conflicts
        super().__init__("The revision of a pair is another than was expected; nothing was changed.")


class QuotaExceededError(Exception):
    """A namespace would have more pairs or bytes than its quota; nothing was changed."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"The namespace may have at most {most} {what}; nothing was changed.")


class RevisionGoneError(Exception):
    """The changes behind a revision are not all kept any more, or there has been no such revision: begin anew."""

    def __init__(self, oldest: int, revision: int) -> None:
        self.oldest = oldest
        self.revision = revision
        super().__init__(f"Changes are kept from revision {oldest} on, and the last one has been {revision}.")


class NamespaceNotEmptyError(Exception):
    """A namespace that has pairs is deleted only by force."""

    def __init__(self) -> None:
        super().__init__("The namespace has pairs: delete it with `force=true`, or its pairs before.")


class DefaultNamespaceError(Exception):
    """The namespace `default` always exists."""

    def __init__(self) -> None:
        super().__init__("The namespace `default` cannot be deleted.")


class TooManyNamespacesError(Exception):
    """There are as many namespaces as there may be."""

    def __init__(self, most: int) -> None:
        super().__init__(f"There may be at most {most} namespaces.")
