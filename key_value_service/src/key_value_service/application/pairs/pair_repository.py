"""The port for stored pairs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.batch import Expectation, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText, Value


class Found(NamedTuple):
    """Values in the order of the keys, None where there is no pair, as of one revision of the namespace."""

    values: Sequence[Value | None]
    revision: int


class FoundPairs(NamedTuple):
    """Pairs that exist, by key, as of one revision of the namespace."""

    pairs: Mapping[str, Pair]
    revision: int


class Written(NamedTuple):
    """Result of a write: the revision of its last change, the keys left unchanged, and the number of pairs created."""

    revision: int
    skipped: Sequence[str]
    created: int


class Deleted(NamedTuple):
    """Result of a deletion: the revision of its last change, the keys that did not exist, and the others' values if requested."""

    revision: int
    missing: Sequence[str]
    previous: Mapping[str, Value] = MappingProxyType({})


class Lifetime(NamedTuple):
    """Result of a new time to live: the pair's revision and expiry."""

    revision: int
    expires_at: datetime | None


class Sum(NamedTuple):
    """Result of an increment: the pair's revision and value."""

    revision: int
    value: JsonText


class PairRepository(Protocol):
    """All methods raise NoSuchNamespaceError, and StoreUnavailableError while the store is unreachable.

    Results are durable, whether pairs were written or read: nothing a client has seen can be lost in a crash.

    A stale read may be answered by any instance of the store that is not further behind than it allows; it then knows the age of
    the answer and the revision.

    A change with an idempotency key is done once. As long as its answer is kept, further calls with the key return its result or
    raise its error, and mark their keys as replayed; with another fingerprint, they raise IdempotencyKeyReusedError. If an answer
    cannot be kept, nothing is changed: TooManyAnswersError or AnswerTooLargeToKeepError.
    """

    async def write(self, namespace: str, batch: WriteBatch, idempotency_key: IdempotencyKey | None = None) -> Written:
        """Insert or replace all pairs, or none. Raises RevisionConflictError, QuotaExceededError or StoreFullError."""
        ...

    async def read(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> Found:
        """Return the values of pairs. Raises AnswerTooLargeError if they add up to more than MAX_ANSWER_BYTES."""
        ...

    async def find(self, namespace: str, key: str, stale: StaleRead | None = None) -> Pair | None:
        """Return the pair, if it exists."""
        ...

    async def read_pairs(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> FoundPairs:
        """Return the pairs that exist. Raises AnswerTooLargeError."""
        ...

    async def delete(
        self,
        namespace: str,
        batch: KeyBatch,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
        *,
        returns_previous: bool = False,
    ) -> Deleted:
        """Delete all pairs that exist, or none. `expected` is as in a WriteBatch.

        Raises RevisionConflictError; AnswerTooLargeError if the values are requested and too large.
        """
        ...

    async def replace(
        self,
        namespace: str,
        key: str,
        value: Value,
        revision: int,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> int:
        """Replace the value of the pair with this revision, keep its expiry, and return its new revision.

        Raises RevisionConflictError, QuotaExceededError or StoreFullError. If there is a pair that is as expected but has another
        revision, no answer is kept: the caller makes a value of that one and tries again.
        """
        ...

    async def set_ttl(
        self,
        namespace: str,
        key: str,
        ttl: TimeToLive,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Lifetime | None:
        """Set how long a pair lives from now on. Return None if it does not exist.

        A renewal, by which a pair that expires does so at the same time or later, is no change: the pair keeps its revision and
        version, no event tells of it, and neither a quota nor full memory refuses it. Anything else is a change.
        Raises RevisionConflictError, QuotaExceededError or StoreFullError.
        """
        ...

    async def increment(
        self,
        namespace: str,
        key: str,
        by: JsonText,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Sum:
        """Add a number to a pair's, and keep its expiry; a pair that does not exist counts as 0.

        The sum of integers is a 64-bit signed integer; any other is a double, written with a fraction or an exponent.
        Raises NotANumberError, NumberOverflowError, RevisionConflictError, QuotaExceededError or StoreFullError.
        """
        ...
