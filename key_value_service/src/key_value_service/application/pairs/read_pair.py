"""Use case: read one pair."""

from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.exceptions import NoSuchPairError, PreconditionFailedError
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class ReadPairRequest(NamedTuple):
    """The pair to read; `none_match` of the precondition has the revisions that the caller knows."""

    namespace: str
    key: str
    precondition: Precondition = NO_PRECONDITION
    stale: StaleRead | None = None


class ReadPairResponse(NamedTuple):
    """The pair, and whether the caller already knows its current revision."""

    pair: Pair
    is_known: bool


class ReadPair:
    """Read one pair. Requires the scope `read:` on its key."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: ReadPairRequest) -> ReadPairResponse:
        """Read the pair.

        Raises InsufficientScopeError, NoSuchNamespaceError, NoSuchPairError, PreconditionFailedError, RulesBrokenError or
        StoreUnavailableError.
        """
        require_keys(caller, Action.READ, request.namespace, (request.key,))
        check_key(request.key)
        pair = await self._pairs.find(request.namespace, request.key, request.stale)
        if pair is None:
            raise NoSuchPairError
        if not request.precondition.is_matched(pair.revision):
            raise PreconditionFailedError(pair.revision)
        return ReadPairResponse(pair, request.precondition.is_known(pair.revision))
