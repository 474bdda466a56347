"""Copying a namespace out."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.pairs.pair_ranges import PageQuery, PairPage, PairRanges
from key_value_service.domain.value_objects.key_range import KeyRange
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

PAGE_PAIRS, PAGE_BYTES = 1000, 256 * 1024  # what an export costs whose client fetches it slowly


class ExportPairsRequest(NamedTuple):
    """The namespace, and how the keys begin that are wanted."""

    namespace: str
    prefix: str = ""


class ExportPairs:
    """For callers with the scope `read:` on the namespace.

    Pages are read one after another, each as it stands then. Whoever makes all changes behind the first page's revision upon what
    was exported has an exact copy.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: ExportPairsRequest) -> tuple[int, AsyncGenerator[PairPage, None]]:
        """Return the revision behind which changes are to be followed, and the pages.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError or StoreUnavailableError; the pages the latter two.
        """
        require(caller, Action.READ, request.namespace)
        keys = KeyRange.of(request.prefix)
        first = await self._read_page(request.namespace, keys)
        return first.revision, self._follow(request.namespace, keys, first)

    async def _follow(self, namespace: str, keys: KeyRange, page: PairPage) -> AsyncGenerator[PairPage, None]:
        yield page
        while page.position is not None:
            page = await self._read_page(namespace, keys.behind(page.position, reverse=False))
            yield page

    async def _read_page(self, namespace: str, keys: KeyRange) -> PairPage:
        return await self._ranges.read_page(namespace, PageQuery(keys, PAGE_PAIRS, PAGE_BYTES))
