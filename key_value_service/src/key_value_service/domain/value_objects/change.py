"""Changes of pairs."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from key_value_service.domain.value_objects.value import Value


class ChangeKind(StrEnum):
    """The kind of a change."""

    WRITTEN = "written"
    DELETED = "deleted"
    EXPIRED = "expired"


class Change(NamedTuple):
    """One change of one pair: the revision that it has in the namespace and, if it was written, the value and expiry.

    `previous`: if it was removed, the value that it had; None if that was not kept.
    """

    revision: int
    kind: ChangeKind
    key: str
    value: Value | None = None
    expires_at: datetime | None = None
    previous: Value | None = None


class ChangePage:
    """Changes in the order of their revisions, up to and including `last`; none if there is no news. Readers may share a page."""

    __slots__ = ("_selected", "changes", "last")

    def __init__(self, changes: Sequence[Change], last: int) -> None:
        self.changes = changes
        self.last = last
        self._selected: tuple[str, Sequence[Change]] = ("", changes)

    def select(self, prefix: str) -> Sequence[Change]:
        """Return the changes of keys with this prefix."""
        if not prefix:
            return self.changes
        # Remembered, because readers ask whether there are any before they render them.
        if self._selected[0] != prefix:
            self._selected = (prefix, [change for change in self.changes if change.key.startswith(prefix)])
        return self._selected[1]
