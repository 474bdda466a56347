"""Use case: write pairs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from key_value_service.application.access import require_keys
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Binary, Encode
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class WritePairsRequest(NamedTuple):
    """Keys with their new values (parsed JSON, or bytes), and the options of a WriteBatch."""

    data: Mapping[str, object]
    namespace: str = DEFAULT_NAMESPACE
    ttl: TimeToLive | None = None
    if_absent: bool = False
    if_revision: Mapping[str, int] = MappingProxyType({})
    binary: Mapping[str, Binary] = MappingProxyType({})
    idempotency_key: IdempotencyKey | None = None


class WritePairsResponse(NamedTuple):
    """The number of pairs written, the namespace's revision, and the keys left unchanged."""

    written: int
    revision: int
    skipped: Sequence[str]


class WritePairs:
    """Write pairs in one transaction: all of them, or none. Requires the scope `write:` on each key that is named."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: WritePairsRequest) -> WritePairsResponse:
        """Insert or replace the pairs.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, RevisionConflictError, QuotaExceededError,
        StoreUnavailableError or StoreFullError.
        """
        require_keys(caller, Action.WRITE, request.namespace, request.data, request.binary, request.if_revision)
        batch = WriteBatch.of(
            request.data,
            self._encode,
            binary=request.binary,
            ttl=request.ttl,
            if_absent=request.if_absent,
            if_revision=request.if_revision,
        )
        revision, skipped, _ = await self._pairs.write(request.namespace, batch, request.idempotency_key)
        return WritePairsResponse(len(batch.pairs) - len(skipped), revision, skipped)
