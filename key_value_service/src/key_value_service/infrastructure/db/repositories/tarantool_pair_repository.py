"""Pairs in Tarantool's space `pairs`."""

from collections.abc import Mapping

from key_value_service.domain.value_objects.batch import (
    LARGEST_ANSWER_BYTES,
    AnswerTooLargeError,
    ReadBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPairRepository:
    """Implements PairRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def write(self, batch: WriteBatch) -> None:
        """Insert or replace all pairs in one transaction."""
        await self._tarantool.call("key_value.write", [batch.pairs])

    async def read(self, batch: ReadBatch) -> Mapping[str, JsonText]:
        """Return the pairs that exist."""
        if len(batch.keys) == 1:
            pair = await self._tarantool.find("pairs", batch.keys[0])
            return {} if pair is None else {pair[0]: pair[1]}
        pairs = await self._tarantool.call("key_value.read", [batch.keys, LARGEST_ANSWER_BYTES])
        if pairs is None:
            raise AnswerTooLargeError
        return dict(pairs)
