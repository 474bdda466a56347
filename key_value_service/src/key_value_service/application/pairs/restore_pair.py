"""Use case: restore an earlier value of a pair."""

from collections.abc import Mapping
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import change_if
from key_value_service.application.pairs.pair_history import PairHistory, Restored
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class RestorePairRequest(NamedTuple):
    """The revision whose value the pair gets. Without `ttl`, the namespace's default applies."""

    namespace: str
    key: str
    revision: int
    ttl: TimeToLive | None = None
    precondition: Precondition = NO_PRECONDITION
    idempotency_key: IdempotencyKey | None = None


class RestorePair:
    """Write the value that a pair had at a revision. Requires the scope `write:` on its key."""

    def __init__(self, history: PairHistory) -> None:
        self._history = history

    async def __call__(self, caller: Caller, request: RestorePairRequest) -> Restored:
        """Restore the value, as a new change, also of a pair that was removed.

        Raises InsufficientScopeError, NoSuchNamespaceError, NoSuchRevisionError, PreconditionFailedError, RulesBrokenError,
        QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        namespace, key = request.namespace, request.key
        require_keys(caller, Action.WRITE, namespace, (key,))
        check_key(key)

        async def restore(expected: Mapping[str, Expectation]) -> Restored:
            return await self._history.restore(namespace, key, request.revision, request.ttl, expected, request.idempotency_key)

        return await change_if(key, request.precondition, restore)
