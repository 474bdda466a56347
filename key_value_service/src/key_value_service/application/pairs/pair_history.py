"""The port for the history of pairs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from key_value_service.application.pairs.pair_ranges import MAX_PAGE_BYTES
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.change import Change
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive


class HistoryQuery(NamedTuple):
    """Up to `limit` changes of a pair before a revision (None: all), the newest ones first."""

    key: str
    before: int | None = None
    limit: int = 100
    max_bytes: int = MAX_PAGE_BYTES
    """A page ends with the changes that make it as large as this, or with those of one request."""


class HistoryPage(NamedTuple):
    """Kept changes of a pair, the newest ones first, as of one revision of the namespace."""

    changes: Sequence[Change]
    revision: int
    position: int | None
    """`before` of the next page; None after the last page."""


class Restored(NamedTuple):
    """Result of a restoration: the pair's revision, and whether it is new."""

    revision: int
    is_new: bool


class PairHistory(Protocol):
    """All methods raise NoSuchNamespaceError, and StoreUnavailableError while the store is unreachable. Results are durable.

    Kept are the changes in the log of changes, the last change of a pair that exists, and, of each pair, as many earlier values
    as the namespace's `history_kept`. The latter of a pair that was removed are kept as long as the log has its removal.
    """

    async def read_history(self, namespace: str, query: HistoryQuery, stale: StaleRead | None = None) -> HistoryPage:
        """Return the first page of a pair's kept changes; an empty one for a pair that never existed.

        It may have fewer than `limit` changes, even none, before the last page: the cost of a page is bounded.
        `stale` is as for a PairRepository.
        """
        ...

    async def restore(
        self,
        namespace: str,
        key: str,
        revision: int,
        ttl: TimeToLive | None,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Restored:
        """Write the value that the pair got with a revision, as a new change. `ttl` and `expected` are as in a WriteBatch.

        Raises NoSuchRevisionError if that change is not kept, is of another pair, or was a removal; RevisionConflictError,
        QuotaExceededError or StoreFullError.
        """
        ...
