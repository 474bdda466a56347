"""Where pairs are kept."""

from collections.abc import Mapping
from typing import Protocol

from key_value_service.domain.value_objects.batch import ReadBatch, WriteBatch
from key_value_service.domain.value_objects.value import JsonText


class PairRepository(Protocol):
    """Both methods raise StoreUnavailableError while the store is out of reach."""

    async def write(self, batch: WriteBatch) -> None:
        """Insert or replace all pairs, or none. When it returns they survive a power cut. Raises StoreFullError."""
        ...

    async def read(self, batch: ReadBatch) -> Mapping[str, JsonText]:
        """Return the pairs that exist, as they stood at one moment.

        Raises AnswerTooLargeError if they add up to more than LARGEST_ANSWER_BYTES.
        """
        ...
