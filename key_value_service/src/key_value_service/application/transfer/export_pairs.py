"""Use case: export a namespace."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from key_value_service.application.access import require_range
from key_value_service.application.pairs.pair_ranges import PageQuery, PairPage, PairRanges
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

PAGE_PAIRS, PAGE_BYTES = 1000, 256 * 1024  # the memory that an export to a slow client costs


class ExportPairsRequest(NamedTuple):
    """The namespace, and the prefix of the keys to export."""

    namespace: str
    prefix: str = ""
    stale: StaleRead | None = None


class ExportPairs:
    """Export pairs page by page. Requires the scope `read:` on the range.

    Each page is as of the moment that it is read, or of one not long before if the read may be stale, but never before the first
    page. Applying all changes after the first page's revision to the exported pairs makes an exact copy.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: ExportPairsRequest) -> tuple[int, AsyncGenerator[PairPage, None]]:
        """Return the revision to follow the changes from, and the pages.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError; the pages the latter two.
        """
        require_range(caller, Action.READ, request.namespace, request.prefix)
        keys = KeyRange.of(request.prefix)
        first = await self._read_page(request, keys)
        return first.revision, self._follow(request, keys, first)

    async def _follow(self, request: ExportPairsRequest, keys: KeyRange, first: PairPage) -> AsyncGenerator[PairPage, None]:
        page = first
        yield page
        while page.position is not None:
            rest = keys.rest_from(page.position, reverse=False)
            page = await self._read_page(request, rest)
            if page.revision < first.revision:  # of an instance that is further behind
                page = await self._read_page(request._replace(stale=None), rest)
            yield page

    async def _read_page(self, request: ExportPairsRequest, keys: KeyRange) -> PairPage:
        return await self._ranges.read_page(request.namespace, PageQuery(keys, PAGE_PAIRS, PAGE_BYTES), request.stale)
