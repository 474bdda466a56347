"""The port for importing many pairs."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.value import Value


class LoadedPair(NamedTuple):
    """A key, its value, and when the pair expires (None: never)."""

    key: str
    value: Value
    expires_at: datetime | None


class Loaded(NamedTuple):
    """The namespace's revision, and the numbers of pairs skipped because they exist, or because they had already expired."""

    revision: int
    skipped: int
    expired: int


class PairLoader(Protocol):
    """Writes pairs that each have their own expiry."""

    async def load(self, namespace: str, pairs: Sequence[LoadedPair], *, if_absent: bool) -> Loaded:
        """Insert or replace all pairs, or none; with `if_absent`, existing pairs are left unchanged.

        Raises NoSuchNamespaceError, QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        ...
