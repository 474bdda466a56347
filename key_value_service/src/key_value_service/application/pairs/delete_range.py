"""Use case: delete all pairs with a prefix."""

from typing import NamedTuple

from key_value_service.application.access import require_range
from key_value_service.application.pairs.pair_ranges import PairRanges
from key_value_service.domain.exceptions import DeletionInterruptedError
from key_value_service.domain.value_objects.key_range import KeyRange
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.domain.grants import Action
from shared_kernel.domain.rules import RulesBrokenError, Violation

SLICE_PAIRS = 500


class DeleteRangeRequest(NamedTuple):
    """The prefix of the keys to delete; or, without one, explicitly everything."""

    namespace: str
    prefix: str
    everything: bool = False


class DeleteRangeResponse(NamedTuple):
    """The number of pairs deleted, and the namespace's revision."""

    deleted: int
    revision: int


class DeleteRange:
    """Delete the pairs of a range in slices, each in a transaction of its own. Requires the scope `write:` on the range.

    Other requests are not kept waiting. They may see a part of the pairs deleted, and pairs that they write meanwhile may remain.
    """

    def __init__(self, ranges: PairRanges) -> None:
        self._ranges = ranges

    async def __call__(self, caller: Caller, request: DeleteRangeRequest) -> DeleteRangeResponse:
        """Delete the pairs.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, StoreUnavailableError or StoreFullError; in place
        of the latter two, DeletionInterruptedError if some pairs are already deleted.
        """
        require_range(caller, Action.WRITE, request.namespace, request.prefix)
        if bool(request.prefix) == request.everything:
            message = "Give a prefix or, to delete every pair of the namespace, `all` without a prefix."
            raise RulesBrokenError([Violation("prefix", "required", message)])
        keys = KeyRange.of(request.prefix)
        deleted = 0
        while True:
            try:
                revision, count, position = await self._ranges.delete_range(request.namespace, keys, SLICE_PAIRS)
            except (StoreUnavailableError, StoreFullError) as error:
                if deleted == 0:
                    raise
                raise DeletionInterruptedError(deleted, str(error)) from error
            deleted += count
            if position is None:
                return DeleteRangeResponse(deleted, revision)
            keys = keys.rest_from(position, reverse=False)
