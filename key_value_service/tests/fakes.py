"""The ports of key_value_service, in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from key_value_service.application.access import DEFAULT_NAMESPACE
from key_value_service.application.pair_repository import Deleted, Found, FoundPairs, Written
from key_value_service.domain.exceptions import NoSuchNamespaceError, RevisionConflictError
from key_value_service.domain.value_objects.batch import (
    ANY_REVISION,
    LARGEST_ANSWER_BYTES,
    AnswerTooLargeError,
    KeyBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError


class InMemoryPairRepository:
    """Implements PairRepository with the namespace `default` alone."""

    def __init__(self) -> None:
        self.is_available = True
        self.is_full = False
        self.revision = 0
        self._pairs: dict[str, Pair] = {}

    @property
    def pairs(self) -> dict[str, JsonText]:
        """The values that are kept."""
        return {key: pair.value for key, pair in self._pairs.items()}

    async def write(self, namespace: str, batch: WriteBatch) -> Written:
        """Insert or replace all pairs."""
        self._begin(namespace)
        if self.is_full:
            raise StoreFullError
        self._refuse_conflicts(batch.expected)
        skipped, created = [], 0
        for key, value in batch.pairs:
            if batch.if_absent and key in self._pairs:
                skipped.append(key)
            else:
                created += key not in self._pairs
                self._put(key, value, batch.ttl)
        return Written(self.revision, skipped, created)

    async def read(self, namespace: str, batch: KeyBatch) -> Found:
        """Return the values of pairs that exist."""
        pairs, revision = await self.read_pairs(namespace, batch)
        return Found({key: pair.value for key, pair in pairs.items()}, revision)

    async def read_pairs(self, namespace: str, batch: KeyBatch) -> FoundPairs:
        """Return the pairs that exist."""
        self._begin(namespace)
        found = {key: self._pairs[key] for key in batch.keys if key in self._pairs}
        size = sum(len(key.encode()) + len(pair.value.encode()) for key, pair in found.items())
        if len(found) > 1 and size > LARGEST_ANSWER_BYTES:
            raise AnswerTooLargeError
        return FoundPairs(found, self.revision)

    async def delete(self, namespace: str, batch: KeyBatch, expected: Mapping[str, int]) -> Deleted:
        """Delete all pairs that exist."""
        self._begin(namespace)
        self._refuse_conflicts(expected)
        missing = [key for key in batch.keys if key not in self._pairs]
        for key in batch.keys:
            if self._pairs.pop(key, None) is not None:
                self.revision += 1
        return Deleted(self.revision, missing)

    def _begin(self, namespace: str) -> None:
        if not self.is_available:
            raise StoreUnavailableError
        if namespace != DEFAULT_NAMESPACE:
            raise NoSuchNamespaceError
        now = datetime.now(UTC)
        for key in [key for key, pair in self._pairs.items() if pair.expires_at is not None and pair.expires_at <= now]:
            del self._pairs[key]
            self.revision += 1

    def _refuse_conflicts(self, expected: Mapping[str, int]) -> None:
        current = {key: self._pairs[key].revision if key in self._pairs else 0 for key in expected}
        conflicts = [
            (key, current[key])
            for key, revision in expected.items()
            if current[key] != revision and not (revision == ANY_REVISION and current[key])
        ]
        if conflicts:
            raise RevisionConflictError(conflicts)

    def _put(self, key: str, value: JsonText, ttl: TimeToLive | None) -> None:
        self.revision += 1
        old = self._pairs.get(key)
        created_revision, version = (old.created_revision, old.version + 1) if old else (self.revision, 1)
        expires_at = None
        if ttl is not None and ttl.milliseconds is not None:
            expires_at = datetime.now(UTC) + timedelta(milliseconds=ttl.milliseconds)
        self._pairs[key] = Pair(key, value, self.revision, created_revision, version, expires_at)
