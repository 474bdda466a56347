"""Preconditions on a pair."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from key_value_service.domain.value_objects.batch import ANY_REVISION, Expectation

ANY: Final = "*"

Revisions = frozenset[int] | Literal["*"]
"""A set of revisions, or ANY: any revision of a pair that exists."""


class Precondition(NamedTuple):
    """The conditions of RFC 9110, section 13.1, on a pair's revision (0: there is no pair). None: no condition."""

    match: Revisions | None = None
    """The pair must have one of these revisions."""
    none_match: Revisions | None = None
    """The pair must have none of these revisions."""

    @property
    def expected(self) -> Expectation:
        """What a store has to expect: as in a WriteBatch."""
        match, none_match = self
        if none_match is None and match is not None:
            if match == ANY:
                return ANY_REVISION
            if len(match) == 1:
                return next(iter(match))
        return 0 if match is None and none_match == ANY else (_to_expected(match), _to_expected(none_match))

    def holds(self, revision: int) -> bool:
        """Return whether both conditions hold for this revision."""
        return self.is_matched(revision) and not self.is_known(revision)

    def is_matched(self, revision: int) -> bool:
        """Return whether `match` holds."""
        return self.match is None or _has(self.match, revision)

    def is_known(self, revision: int) -> bool:
        """Return whether the revision is in `none_match`."""
        return self.none_match is not None and _has(self.none_match, revision)


NO_PRECONDITION = Precondition()


def _to_expected(revisions: Revisions | None) -> int | Sequence[int] | None:
    if revisions is None:
        return None
    return ANY_REVISION if revisions == ANY else sorted(revisions)


def _has(revisions: Revisions, revision: int) -> bool:
    return revision > 0 if revisions == ANY else revision in revisions
