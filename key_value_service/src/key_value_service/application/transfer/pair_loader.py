"""Where many pairs are copied to."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.value import JsonText


class LoadedPair(NamedTuple):
    """A key and its value, and when the pair expires: None stands for never."""

    key: str
    value: JsonText
    expires_at: datetime | None


class Loaded(NamedTuple):
    """The namespace's revision, and how many pairs were left as they were, or had expired already."""

    revision: int
    skipped: int
    expired: int


class PairLoader(Protocol):
    """Writes pairs that each have their own time to live."""

    async def load(self, namespace: str, pairs: Sequence[LoadedPair], *, if_absent: bool) -> Loaded:
        """Insert or replace all pairs, or none; with `if_absent`, those that exist are left as they are.

        Raises NoSuchNamespaceError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        ...
