"""The port for following changes."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.exceptions import RevisionGoneError
from key_value_service.domain.value_objects.change import ChangePage


class Feed(NamedTuple):
    """The state of a namespace's changes: its id, which no later namespace of the same name has, and the revisions available."""

    namespace_id: int
    revision: int
    """The revision of the last durable change."""
    oldest: int
    """The revision of the oldest change that is kept; that of the next change if none is."""
    gaps: Sequence[tuple[int, int]] = ()
    """From the oldest on, a floor and the last revision before it: what was between them is lost (a backup was restored)."""

    def resume(self, after: int) -> int:
        """Return where a follower goes on that knows all up to a revision. Raises RevisionGoneError where it cannot."""
        for floor, last in self.gaps:
            if after == last:
                after = floor
            elif last < after < floor:
                raise RevisionGoneError(self.oldest, self.revision)
        if not self.oldest - 1 <= after <= self.revision:
            raise RevisionGoneError(self.oldest, self.revision)
        return after


class ChangeFeed(Protocol):
    """Returns durable changes, each once and in order."""

    async def find(self, namespace: str, after: int | None = None) -> Feed:
        """Return the current state of a namespace's changes; where the feed may be behind, not before the revision `after`.

        Raises NoSuchNamespaceError or StoreUnavailableError.
        """
        ...

    async def read(self, namespace_id: int, after: int, wait: float) -> ChangePage:
        """Return changes after a revision, not necessarily all, as soon as there are any; an empty page after `wait` seconds.

        Raises NoSuchNamespaceError or RevisionGoneError, and StoreUnavailableError where the changes have to be fetched.
        """
        ...
