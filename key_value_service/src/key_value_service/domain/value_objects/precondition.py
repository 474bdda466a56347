"""What must hold for something to be done with a pair."""

from typing import Final, Literal, NamedTuple

from key_value_service.domain.value_objects.batch import ANY_REVISION

ANY: Final = "*"

Revisions = frozenset[int] | Literal["*"]
"""Some revisions that a pair may have, or ANY."""


class Precondition(NamedTuple):
    """The conditions of RFC 9110, section 13.1, on a pair's revision, 0 standing for no pair; None asks for nothing."""

    match: Revisions | None = None
    """The pair has one of these."""
    none_match: Revisions | None = None
    """The pair has none of these."""

    @property
    def expected(self) -> int | None:
        """The one revision (as in a WriteBatch) that this comes down to, or None if it is not that simple."""
        match, none_match = self
        if none_match is None and match is not None:
            if match == ANY:
                return ANY_REVISION
            return next(iter(match)) if len(match) == 1 else None
        return 0 if match is None and none_match == ANY else None

    def holds(self, revision: int) -> bool:
        """Tell whether a pair of this revision is as it must be."""
        return self.is_matched(revision) and not self.is_known(revision)

    def is_matched(self, revision: int) -> bool:
        """Tell whether `match` holds."""
        return self.match is None or _has(self.match, revision)

    def is_known(self, revision: int) -> bool:
        """Tell whether the revision is among those that it must not be."""
        return self.none_match is not None and _has(self.none_match, revision)


NO_PRECONDITION = Precondition()


def _has(revisions: Revisions, revision: int) -> bool:
    return revision > 0 if revisions == ANY else revision in revisions
