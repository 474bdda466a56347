"""Use case: list pairs in the order of their keys."""

from typing import NamedTuple

from key_value_service.application.access import require_range
from key_value_service.application.pairs.pair_ranges import PageQuery, PairPage, PairRanges
from key_value_service.domain.value_objects.key_range import KeyRange, check_searched_text
from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

MAX_PAIRS = 1000


class ListPairsRequest(NamedTuple):
    """The keys that begin with `prefix`, from `start` on and before `end`; of these, the rest from a page's position on.

    With `contains`, only keys that contain that text.
    """

    namespace: str
    prefix: str = ""
    start: str = ""
    end: str | None = None
    limit: int = 100
    """1 to MAX_PAIRS."""
    position: str | None = None
    reverse: bool = False
    keys_only: bool = False
    contains: str | None = None
    stale: StaleRead | None = None


class ListPairs:
    """List a page of pairs, at the same cost however far it is from the first. Requires the scope `read:` on the range.

    A pair that exists throughout the listing is on exactly one page, whatever is written between two pages.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: ListPairsRequest) -> PairPage:
        """Return a page. Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError."""
        require_range(caller, Action.READ, request.namespace, request.prefix, request.start, request.end)
        if request.contains is not None:
            check_searched_text("contains", request.contains)
        keys = KeyRange.of(request.prefix, request.start, request.end)
        if request.position is not None:
            keys = keys.rest_from(request.position, reverse=request.reverse)
        query = PageQuery(keys, request.limit, reverse=request.reverse, keys_only=request.keys_only, contains=request.contains)
        return await self._ranges.read_page(request.namespace, query, request.stale)
