"""Use case: write one pair."""

from collections.abc import Mapping
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.conditional_change import change_if
from key_value_service.application.pairs.pair_repository import PairRepository, Written
from key_value_service.domain.value_objects.batch import Expectation, WriteBatch
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key import check_key
from key_value_service.domain.value_objects.precondition import NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Encode, make_value
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class WritePairRequest(NamedTuple):
    """The new value (parsed JSON, or a Binary). Without `ttl`, the namespace's default applies."""

    namespace: str
    key: str
    value: object
    ttl: TimeToLive | None = None
    precondition: Precondition = NO_PRECONDITION
    idempotency_key: IdempotencyKey | None = None


class WritePairResponse(NamedTuple):
    """The pair's revision, and whether it is new."""

    revision: int
    is_new: bool


class WritePair:
    """Insert or replace one pair. Requires the scope `write:` on its key."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: WritePairRequest) -> WritePairResponse:
        """Insert or replace the pair.

        Raises InsufficientScopeError, NoSuchNamespaceError, PreconditionFailedError, RulesBrokenError, QuotaExceededError,
        StoreUnavailableError or StoreFullError.
        """
        namespace, key = request.namespace, request.key
        require_keys(caller, Action.WRITE, namespace, (key,))
        check_key(key)
        value = make_value(request.value, self._encode)

        async def write(expected: Mapping[str, Expectation]) -> Written:
            batch = WriteBatch([(key, value)], request.ttl, expected=expected)
            return await self._pairs.write(namespace, batch, request.idempotency_key)

        revision, _, created = await change_if(key, request.precondition, write)
        return WritePairResponse(revision, created > 0)
