"""A pair as it is kept."""

from datetime import datetime
from typing import NamedTuple

from key_value_service.domain.value_objects.value import JsonText


class Pair(NamedTuple):
    """A key and its value, with what is known about its changes."""

    key: str
    value: JsonText
    revision: int
    """Of the last change: the namespace's number of it."""
    created_revision: int
    """Of the change that made it, since when it has existed without a break."""
    version: int
    """How many times it has been written since then."""
    expires_at: datetime | None
    """None if it lives for ever."""
