"""What has happened to a pair."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from key_value_service.domain.value_objects.value import JsonText


class ChangeKind(StrEnum):
    """Which kind of change."""

    WRITTEN = "written"
    DELETED = "deleted"
    EXPIRED = "expired"


class Change(NamedTuple):
    """One change of one pair: the namespace's number of it, and what was written, if anything was."""

    revision: int
    kind: ChangeKind
    key: str
    value: JsonText | None = None
    expires_at: datetime | None = None


class ChangePage:
    """Changes with consecutive revisions, up to and with `last`; none where nothing had come. Many readers may share one page."""

    __slots__ = ("changes", "last")

    def __init__(self, changes: Sequence[Change], last: int) -> None:
        self.changes = changes
        self.last = last

    def select(self, prefix: str) -> Sequence[Change]:
        """Return the changes of keys that begin so."""
        return [change for change in self.changes if change.key.startswith(prefix)] if prefix else self.changes
