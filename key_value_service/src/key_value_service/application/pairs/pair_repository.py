"""Where pairs are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.batch import KeyBatch, WriteBatch
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText


class Found(NamedTuple):
    """Values in the order asked, None where there is no pair, as they stood when all changes up to the revision had been made."""

    values: Sequence[JsonText | None]
    revision: int


class FoundPairs(NamedTuple):
    """All that is known about each pair that exists, by key, at such a moment."""

    pairs: Mapping[str, Pair]
    revision: int


class Written(NamedTuple):
    """What a write has done: the revision of its last change, the keys that it left as they were, and how many were new."""

    revision: int
    skipped: Sequence[str]
    created: int


class Deleted(NamedTuple):
    """What a deletion has done: the revision of its last change, and the keys that did not exist."""

    revision: int
    missing: Sequence[str]


class Lifetime(NamedTuple):
    """Since which revision a pair lives how long."""

    revision: int
    expires_at: datetime | None


class Sum(NamedTuple):
    """What an addition has made of a value, at which revision."""

    revision: int
    value: JsonText


class PairRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach, and NoSuchNamespaceError.

    What a method returns is on disk, be it written or read: no crash takes back what anybody was told.
    """

    async def write(self, namespace: str, batch: WriteBatch) -> Written:
        """Insert or replace all pairs, or none. Raises RevisionConflictError, QuotaExceededError or StoreFullError."""
        ...

    async def read(self, namespace: str, batch: KeyBatch) -> Found:
        """Return the values of pairs. Raises AnswerTooLargeError if they add up to more than MAX_ANSWER_BYTES."""
        ...

    async def find(self, namespace: str, key: str) -> Pair | None:
        """Return the pair, if it exists."""
        ...

    async def read_pairs(self, namespace: str, batch: KeyBatch) -> FoundPairs:
        """Return the pairs that exist. Raises AnswerTooLargeError."""
        ...

    async def delete(self, namespace: str, batch: KeyBatch, expected: Mapping[str, int]) -> Deleted:
        """Delete all pairs that exist, or none. `expected` is as in a WriteBatch. Raises RevisionConflictError."""
        ...

    async def replace(self, namespace: str, key: str, value: JsonText, revision: int) -> int:
        """Give the pair that has this revision another value, without changing how long it lives. Return its new revision.

        Raises RevisionConflictError, QuotaExceededError or StoreFullError.
        """
        ...

    async def set_ttl(self, namespace: str, key: str, ttl: TimeToLive, expected: Mapping[str, int]) -> Lifetime | None:
        """Let a pair live so long from now on. Return None if it does not exist. Raises RevisionConflictError."""
        ...

    async def increment(self, namespace: str, key: str, by: JsonText, expected: Mapping[str, int]) -> Sum:
        """Add a number to that of a pair, without changing how long it lives; one that does not exist counts as 0.

        The sum of integers is a 64-bit signed one, any other that of doubles, with a fraction or an exponent.
        Raises NotANumberError, NumberOverflowError, RevisionConflictError, QuotaExceededError or StoreFullError.
        """
        ...
