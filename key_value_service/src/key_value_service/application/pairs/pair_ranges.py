"""The port for pairs between two keys."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead

MAX_PAGE_BYTES = 4 * 1024 * 1024
MAX_SEARCHED = 1_000_000
"""Keys that a search looks at for one page: that also ends after some 50 milliseconds, in which Tarantool answers others."""


class PageQuery(NamedTuple):
    """Up to `limit` pairs of a range in the order of their keys, or in reverse; with empty values if `keys_only`.

    With `contains`, only pairs whose keys contain that text.
    """

    keys: KeyRange
    limit: int
    max_bytes: int = MAX_PAGE_BYTES
    """A page ends with the pair that makes it as large as this."""
    reverse: bool = False
    keys_only: bool = False
    contains: str | None = None
    max_searched: int = MAX_SEARCHED
    """With `contains`, a page ends when it has looked at so many keys, or has taken its time."""


class PairPage(NamedTuple):
    """Pairs of a range, as of one revision of the namespace."""

    pairs: Sequence[Pair]
    revision: int
    position: str | None = None
    """Where the rest of the range begins (see `KeyRange.rest_from`); None after the last page."""
    searched: int | None = None
    """Of a search: how many keys it has looked at; None where that is not known."""


class LevelQuery(NamedTuple):
    """Up to `limit` children of a prefix among the keys of a range, in the order of their texts, or in reverse."""

    keys: KeyRange
    prefix: str
    """All keys of the range begin with it."""
    delimiter: str
    limit: int
    reverse: bool = False


class LevelPage(NamedTuple):
    """Children of a prefix, as of one revision of the namespace."""

    children: Sequence[Pair | str]
    """A pair, with an empty value, whose key has no delimiter behind the prefix; for others, once, the text up to the first."""
    revision: int
    position: str | None
    """Where the rest of the range begins (see `KeyRange.rest_from`); None after the last page."""


class DeletedSlice(NamedTuple):
    """Result of one step of a range deletion: the revision of its last change, the number of pairs deleted, and the position."""

    revision: int
    deleted: int
    position: str | None
    """Where the rest of the range begins (see `KeyRange.rest_from`); None after the last step."""


class PairRanges(Protocol):
    """All methods raise NoSuchNamespaceError, and StoreUnavailableError while the store is unreachable.

    Results are durable, whether pairs were read or deleted. The cost does not depend on where in a namespace the range begins.
    """

    async def read_page(self, namespace: str, query: PageQuery, stale: StaleRead | None = None) -> PairPage:
        """Return the first page of a range; `stale` is as for a PairRepository.

        It may have fewer than `limit` pairs, even none, before the last page: it also ends at `max_bytes`, after many pairs that
        have expired and are not swept yet, and in a search after `max_searched` keys, after some time, or where something changes
        meanwhile: a page shows one revision.
        """
        ...

    async def read_level(self, namespace: str, query: LevelQuery, stale: StaleRead | None = None) -> LevelPage:
        """Return the first page of the children of a prefix; `stale` is as for a PairRepository.

        The cost depends on the number of children, not on how many keys they have. It may have fewer than `limit`, even none,
        before the last page: it also ends after many pairs that have expired and are not swept yet.
        """
        ...

    async def delete_range(self, namespace: str, keys: KeyRange, limit: int) -> DeletedSlice:
        """Delete the first pairs of a range, up to `limit`, in one transaction."""
        ...
