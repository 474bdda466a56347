"""The ports of key_value_service, in memory."""

from collections.abc import Mapping

from key_value_service.domain.value_objects.batch import (
    LARGEST_ANSWER_BYTES,
    AnswerTooLargeError,
    ReadBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError


class InMemoryPairRepository:
    """Implements PairRepository."""

    def __init__(self) -> None:
        self.is_available = True
        self.is_full = False
        self.pairs: dict[str, JsonText] = {}

    async def write(self, batch: WriteBatch) -> None:
        """Insert or replace all pairs."""
        self._refuse_if_unavailable()
        if self.is_full:
            raise StoreFullError
        self.pairs.update(batch.pairs)

    async def read(self, batch: ReadBatch) -> Mapping[str, JsonText]:
        """Return the pairs that exist."""
        self._refuse_if_unavailable()
        found = {key: self.pairs[key] for key in batch.keys if key in self.pairs}
        if len(found) > 1 and sum(len(key.encode()) + len(text.encode()) for key, text in found.items()) > LARGEST_ANSWER_BYTES:
            raise AnswerTooLargeError
        return found

    def _refuse_if_unavailable(self) -> None:
        if not self.is_available:
            raise StoreUnavailableError
