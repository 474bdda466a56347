"""Use case: list one level of a namespace's tree of keys."""

from typing import NamedTuple

from key_value_service.application.access import require_range
from key_value_service.application.pairs.pair_ranges import LevelPage, LevelQuery, PairRanges
from key_value_service.domain.value_objects.key_range import KeyRange, check_searched_text
from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

DELIMITER = "/"
MAX_CHILDREN = 1000


class ListChildrenRequest(NamedTuple):
    """The children of `prefix` that have keys from `start` on; of these, the rest from a page's position on."""

    namespace: str
    prefix: str = ""
    delimiter: str = DELIMITER
    start: str = ""
    limit: int = 100
    """1 to MAX_CHILDREN."""
    position: str | None = None
    reverse: bool = False
    stale: StaleRead | None = None


class ListChildren:
    """List a page of children, at the same cost however many keys they have. Requires the scope `read:` on the prefix.

    A child that exists throughout the listing is on exactly one page, whatever is written between two pages.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: ListChildrenRequest) -> LevelPage:
        """Return a page. Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError."""
        namespace, prefix, delimiter, start, limit, position, reverse, stale = request
        require_range(caller, Action.READ, namespace, prefix, start)
        check_searched_text("delimiter", delimiter)
        keys = KeyRange.of(prefix, start)
        if position is not None:
            keys = keys.rest_from(position, reverse=reverse)
        return await self._ranges.read_level(namespace, LevelQuery(keys, prefix, delimiter, limit, reverse), stale)
