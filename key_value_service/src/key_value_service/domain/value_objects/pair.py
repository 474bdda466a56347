"""Pairs as they are stored."""

from datetime import datetime
from typing import NamedTuple

from key_value_service.domain.value_objects.value import Value


class Pair(NamedTuple):
    """A key and its value, with metadata."""

    key: str
    value: Value
    revision: int
    """The namespace's revision of the pair's last change."""
    created_revision: int
    """The revision at which it was created; it has existed ever since."""
    version: int
    """The number of writes since then, including that one."""
    expires_at: datetime | None
    """None if it never expires."""
