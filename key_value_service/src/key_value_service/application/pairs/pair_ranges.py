"""Pairs between two keys, wherever pairs are kept."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.pair import Pair

MAX_PAGE_BYTES = 4 * 1024 * 1024


class PairPage(NamedTuple):
    """Pairs of a range as they stood at one moment, at which all changes up to the revision had been made."""

    pairs: Sequence[Pair]
    revision: int
    position: str | None
    """What is left lies behind this position of the range (`KeyRange.behind`); None: nothing is."""


class DeletedSlice(NamedTuple):
    """What one step of a deletion has done: the revision of its last change, how many pairs are gone, and what is left."""

    revision: int
    deleted: int
    position: str | None


class PairRanges(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach, and NoSuchNamespaceError.

    What a method returns is on disk, be it deleted or read. It costs the same wherever in a namespace the range begins.
    """

    async def read_page(
        self,
        namespace: str,
        keys: KeyRange,
        most: int,
        *,
        most_bytes: int = MAX_PAGE_BYTES,
        reverse: bool = False,
        keys_only: bool = False,
    ) -> PairPage:
        """Return up to `most` pairs in the order of their keys, or in reverse, with empty values if only keys are asked for.

        There may be fewer, even none, and still some left: a page ends with the pair that makes it as large as `most_bytes`, or
        behind many pairs that have expired and are not swept yet.
        """
        ...

    async def delete_range(self, namespace: str, keys: KeyRange, most: int) -> DeletedSlice:
        """Delete the first pairs, up to `most`, in one transaction."""
        ...
