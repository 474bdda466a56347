"""Writing pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

from key_value_service.application.pair_repository import PairRepository
from key_value_service.domain.value_objects.batch import Encode, WriteBatch


@dataclass(frozen=True, slots=True)
class WritePairsRequest:
    """Keys and what their values shall be: parsed JSON."""

    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WritePairsResponse:
    """How many pairs were written."""

    written: int


class WritePairs:
    """For callers with an access token. All pairs are inserted or replaced in one transaction, or none is."""

    def __init__(self, pairs: PairRepository, encode: Encode) -> None:
        self._pairs = pairs
        self._encode = encode

    async def __call__(self, request: WritePairsRequest) -> WritePairsResponse:
        """Write. Raises RulesBrokenError, StoreUnavailableError or StoreFullError."""
        batch = WriteBatch.of(request.data, self._encode)
        await self._pairs.write(batch)
        return WritePairsResponse(len(batch.pairs))
