"""Where pairs are kept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.batch import KeyBatch, WriteBatch
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.value import JsonText


class Found(NamedTuple):
    """Values by key, as they stood at one moment, at which all changes up to the revision had been made."""

    values: Mapping[str, JsonText]
    revision: int


class FoundPairs(NamedTuple):
    """The same with all that is known about each pair."""

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


class PairRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach, and NoSuchNamespaceError.

    What a method returns is on disk, be it written or read: no crash takes back what anybody was told.
    """

    async def write(self, namespace: str, batch: WriteBatch) -> Written:
        """Insert or replace all pairs, or none. Raises RevisionConflictError, QuotaExceededError or StoreFullError."""
        ...

    async def read(self, namespace: str, batch: KeyBatch) -> Found:
        """Return the values of pairs that exist. Raises AnswerTooLargeError if they add up to more than LARGEST_ANSWER_BYTES."""
        ...

    async def read_pairs(self, namespace: str, batch: KeyBatch) -> FoundPairs:
        """Return the pairs that exist. Raises AnswerTooLargeError."""
        ...

    async def delete(self, namespace: str, batch: KeyBatch, expected: Mapping[str, int]) -> Deleted:
        """Delete all pairs that exist, or none. `expected` is as in a WriteBatch. Raises RevisionConflictError."""
        ...
