"""Use case: change a pair's time to live."""

from collections.abc import Mapping
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import change_if
from key_value_service.application.pairs.pair_repository import Lifetime, PairRepository
from key_value_service.domain.exceptions import NoSuchPairError
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class SetTimeToLiveRequest(NamedTuple):
    """The pair, and how long it lives from now on."""

    namespace: str
    key: str
    ttl: TimeToLive
    precondition: Precondition = NO_PRECONDITION
    idempotency_key: IdempotencyKey | None = None


class SetTimeToLive:
    """Change a pair's time to live. Requires the scope `write:` on its key."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: SetTimeToLiveRequest) -> Lifetime:
        """Set, extend, shorten or remove the time to live. Extending it is no change: the pair keeps its revision.

        Raises InsufficientScopeError, NoSuchNamespaceError, NoSuchPairError, PreconditionFailedError, RulesBrokenError,
        QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        namespace, key = request.namespace, request.key
        require_keys(caller, Action.WRITE, namespace, (key,))
        check_key(key)

        async def set_ttl(expected: Mapping[str, Expectation]) -> Lifetime | None:
            return await self._pairs.set_ttl(namespace, key, request.ttl, expected, request.idempotency_key)

        lifetime = await change_if(key, request.precondition, set_ttl, must_exist=True)
        if lifetime is None:
            raise NoSuchPairError
        return lifetime
