"""Deleting all pairs whose keys begin alike."""

from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.pairs.pair_ranges import PairRanges
from key_value_service.domain.exceptions import DeletionInterruptedError
from key_value_service.domain.value_objects.key_range import KeyRange
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.domain.grants import Action
from shared_kernel.domain.rules import RulesBrokenError, Violation

SLICE_PAIRS = 500


class DeleteRangeRequest(NamedTuple):
    """What the keys of the pairs begin with that shall go; or, in so many words, everything."""

    namespace: str
    prefix: str
    everything: bool = False


class DeleteRangeResponse(NamedTuple):
    """How many pairs are gone, and the namespace's revision."""

    deleted: int
    revision: int


class DeleteRange:
    """For callers with the scope `write:` on the namespace. Pairs go in slices, each in a transaction of its own.

    So others are not kept waiting, see some of the pairs gone before others, and what they write meanwhile may stay.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: DeleteRangeRequest) -> DeleteRangeResponse:
        """Delete.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, StoreUnavailableError or StoreFullError; and
        DeletionInterruptedError where that happens when some are gone.
        """
        require(caller, Action.WRITE, request.namespace)
        if bool(request.prefix) == request.everything:
            message = "Give a prefix; or `all`, and no prefix, if every pair of the namespace shall be deleted."
            raise RulesBrokenError([Violation("prefix", "required", message)])
        keys = KeyRange.of(request.prefix)
        deleted = 0
        while True:
            try:
                revision, count, position = await self._ranges.delete_range(request.namespace, keys, SLICE_PAIRS)
            except (StoreUnavailableError, StoreFullError) as error:
                if deleted == 0:
                    raise
                raise DeletionInterruptedError(deleted) from error
            deleted += count
            if position is None:
                return DeleteRangeResponse(deleted, revision)
            keys = keys.behind(position, reverse=False)
