"""Reading pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from key_value_service.application.access import DEFAULT_NAMESPACE, Permission
from key_value_service.application.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import ReadBatch
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

_PERMISSION = Permission(Action.READ, DEFAULT_NAMESPACE)


@dataclass(frozen=True, slots=True)
class ReadPairsRequest:
    """The keys that are asked for."""

    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadPairsResponse:
    """The pairs that exist, and the keys that do not, in the order they were asked for."""

    found: Mapping[str, JsonText]
    missing: Sequence[str]


class ReadPairs:
    """For callers with the scope `read:default`. All pairs are read as they stood at one moment."""

    def __init__(self, pairs: PairRepository) -> None:
        self._pairs = pairs

    async def __call__(self, caller: Caller, request: ReadPairsRequest) -> ReadPairsResponse:
        """Read. Raises InsufficientScopeError, RulesBrokenError or StoreUnavailableError."""
        _PERMISSION.require(caller)
        batch = ReadBatch(request.keys)
        found = await self._pairs.read(batch)
        missing = [key for key in batch.keys if key not in found] if len(found) < len(batch.keys) else []
        return ReadPairsResponse(found, missing)
