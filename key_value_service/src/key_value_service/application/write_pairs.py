"""Writing pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

from key_value_service.application.access import DEFAULT_NAMESPACE, Permission
from key_value_service.application.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import Encode, WriteBatch
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

_PERMISSION = Permission(Action.WRITE, DEFAULT_NAMESPACE)


@dataclass(frozen=True, slots=True)
class WritePairsRequest:
    """Keys and what their values shall be: parsed JSON."""

    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WritePairsResponse:
    """How many pairs were written."""

    written: int


class WritePairs:
    """For callers with the scope `write:default`. All pairs are inserted or replaced in one transaction, or none is."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, caller: Caller, request: WritePairsRequest) -> WritePairsResponse:
        """Write. Raises InsufficientScopeError, RulesBrokenError, StoreUnavailableError or StoreFullError."""
        _PERMISSION.require(caller)
        batch = WriteBatch.of(request.data, self._encode)
        await self._pairs.write(batch)
        return WritePairsResponse(len(batch.pairs))
