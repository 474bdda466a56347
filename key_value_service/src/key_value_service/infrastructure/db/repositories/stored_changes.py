"""Changes of pairs in Tarantool's log of changes."""

from collections.abc import Iterator, Sequence
from typing import Any

from key_value_service.domain.value_objects.change import Change, ChangeKind
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import EPOCH, MILLISECOND, to_value


def read_log(stored: Sequence[Any], after: int) -> tuple[list[Change], int]:
    """Return the changes after a revision in tuples of the log, and the last of their revisions."""
    changes: list[Change] = []
    last = after
    for one in stored:
        changes += (change for change in read_tuple(one) if change.revision > after)
        last = one[1]
    return changes, last


def read_tuple(stored: Any) -> Iterator[Change]:
    """Yield the changes in a tuple of the log."""
    _, _, first, made = stored
    for revision, (kind, key, *value) in enumerate(made, first):
        yield to_change(revision, kind, key, *value)


def to_change(revision: int, kind: str, key: str, value: Any = None, expires_at: int | None = None) -> Change:
    """Return a change; of a removal, `value` is the one that the pair had."""
    found = None if value is None else to_value(value)
    if kind != ChangeKind.WRITTEN:
        return Change(revision, ChangeKind(kind), key, previous=found)
    return Change(revision, ChangeKind.WRITTEN, key, found, None if expires_at is None else EPOCH + expires_at * MILLISECOND)
