"""Writing pairs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Encode
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class WritePairsRequest(NamedTuple):
    """Keys and what their values shall be (parsed JSON), and on what terms, as in a WriteBatch."""

    data: Mapping[str, object]
    namespace: str = DEFAULT_NAMESPACE
    ttl: TimeToLive | None = None
    if_absent: bool = False
    if_revision: Mapping[str, int] = MappingProxyType({})


class WritePairsResponse(NamedTuple):
    """How many pairs were written, at which revision of the namespace, and which keys were left as they were."""

    written: int
    revision: int
    skipped: Sequence[str]


class WritePairs:
    """For callers with the scope `write:` on the namespace. All pairs are written in one transaction, or none is."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: WritePairsRequest) -> WritePairsResponse:
        """Write.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, RevisionConflictError, QuotaExceededError,
        StoreUnavailableError or StoreFullError.
        """
        require(caller, Action.WRITE, request.namespace)
        batch = WriteBatch.of(
            request.data, self._encode, ttl=request.ttl, if_absent=request.if_absent, if_revision=request.if_revision
        )
        revision, skipped, _ = await self._pairs.write(request.namespace, batch)
        return WritePairsResponse(len(batch.pairs) - len(skipped), revision, skipped)
