"""The ports of key_value_service, in memory."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from key_value_service.application.access import DEFAULT_NAMESPACE
from key_value_service.application.pair_ranges import DeletedSlice, PairPage
from key_value_service.application.pair_repository import Deleted, Found, FoundPairs, Lifetime, Sum, Written
from key_value_service.domain.exceptions import NoSuchNamespaceError, NotANumberError, NumberOverflowError, RevisionConflictError
from key_value_service.domain.value_objects.batch import (
    ANY_REVISION,
    LARGEST_ANSWER_BYTES,
    AnswerTooLargeError,
    KeyBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError


class InMemoryPairRepository:
    """Implements PairRepository and PairRanges with the namespace `default` alone."""

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
                self._keep(key, value, _find_expiry(batch.ttl))
        return Written(self.revision, skipped, created)

    async def read(self, namespace: str, batch: KeyBatch) -> Found:
        """Return the values of pairs that exist."""
        pairs, revision = await self.read_pairs(namespace, batch)
        return Found({key: pair.value for key, pair in pairs.items()}, revision)

    async def find(self, namespace: str, key: str) -> Pair | None:
        """Return the pair, if it exists."""
        self._begin(namespace)
        return self._pairs.get(key)

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

    async def replace(self, namespace: str, key: str, value: JsonText, revision: int) -> int:
        """Give the pair that has this revision another value."""
        self._begin(namespace)
        self._refuse_conflicts({key: revision})
        return self._keep(key, value, self._pairs[key].expires_at)

    async def set_ttl(self, namespace: str, key: str, ttl: TimeToLive, expected: Mapping[str, int]) -> Lifetime | None:
        """Let a pair live so long from now on."""
        self._begin(namespace)
        self._refuse_conflicts(expected)
        pair = self._pairs.get(key)
        return None if pair is None else Lifetime(self._keep(key, pair.value, _find_expiry(ttl)), self._pairs[key].expires_at)

    async def increment(self, namespace: str, key: str, by: JsonText, expected: Mapping[str, int]) -> Sum:
        """Add a number to that of a pair."""
        self._begin(namespace)
        self._refuse_conflicts(expected)
        pair = self._pairs.get(key)
        number = 0 if pair is None else json.loads(pair.value)
        if type(number) not in {int, float}:
            raise NotANumberError
        total = number + json.loads(by)
        if not (math.isfinite(total) if type(total) is float else -(2**63) <= total < 2**63):
            raise NumberOverflowError
        text = JsonText(json.dumps(total))
        return Sum(self._keep(key, text, pair and pair.expires_at), text)

    async def read_page(
        self, namespace: str, keys: KeyRange, most: int, *, reverse: bool = False, keys_only: bool = False
    ) -> PairPage:
        """Return the first pairs, or the last."""
        self._begin(namespace)
        inside = sorted(self._find_keys(keys), reverse=reverse)
        pairs = [self._pairs[key]._replace(value=JsonText("")) if keys_only else self._pairs[key] for key in inside[:most]]
        position = (inside[most - 1] if reverse else inside[most]) if len(inside) > most else None
        return PairPage(pairs, self.revision, position)

    async def delete_range(self, namespace: str, keys: KeyRange, most: int) -> DeletedSlice:
        """Delete the first pairs."""
        self._begin(namespace)
        inside = sorted(self._find_keys(keys))
        for key in inside[:most]:
            del self._pairs[key]
            self.revision += 1
        return DeletedSlice(self.revision, len(inside[:most]), inside[most] if len(inside) > most else None)

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

    def _find_keys(self, keys: KeyRange) -> list[str]:
        return [key for key in self._pairs if keys.first <= key and (keys.stop is None or key < keys.stop)]

    def _keep(self, key: str, value: JsonText, expires_at: datetime | None) -> int:
        self.revision += 1
        old = self._pairs.get(key)
        created_revision, version = (old.created_revision, old.version + 1) if old else (self.revision, 1)
        self._pairs[key] = Pair(key, value, self.revision, created_revision, version, expires_at)
        return self.revision


def _find_expiry(ttl: TimeToLive | None) -> datetime | None:
    if ttl is None or ttl.milliseconds is None:
        return None
    return datetime.now(UTC) + timedelta(milliseconds=ttl.milliseconds)
