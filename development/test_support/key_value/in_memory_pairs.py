"""The ports PairRepository, PairRanges and PairHistory, in memory."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from key_value_service.application.pairs.pair_history import HistoryPage, HistoryQuery, Restored
from key_value_service.application.pairs.pair_ranges import DeletedSlice, LevelPage, LevelQuery, PageQuery, PairPage
from key_value_service.application.pairs.pair_repository import Deleted, Found, FoundPairs, Lifetime, Sum, Written
from key_value_service.domain.exceptions import (
    NoSuchNamespaceError,
    NoSuchRevisionError,
    NotANumberError,
    NumberOverflowError,
    RevisionConflictError,
)
from key_value_service.domain.value_objects.batch import (
    ANY_REVISION,
    MAX_ANSWER_BYTES,
    AnswerTooLargeError,
    Expectation,
    KeyBatch,
    WriteBatch,
)
from key_value_service.domain.value_objects.change import Change, ChangeKind
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Binary, JsonText, Value, answered_size
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from test_support.key_value.in_memory_answers import KeptAnswers


class InMemoryPairRepository:
    """Implements PairRepository, PairRanges and PairHistory for the namespace `default` alone, and keeps all changes."""

    def __init__(self) -> None:
        self.is_available = True
        self.is_full = False
        self.revision = 0
        self.kept: dict[str, Pair] = {}
        self.answers = KeptAnswers(self)
        self.changes: list[Change] = []

    @property
    def pairs(self) -> dict[str, Value]:
        """The stored values, by key."""
        return {key: pair.value for key, pair in self.kept.items()}

    async def write(self, namespace: str, batch: WriteBatch, idempotency_key: IdempotencyKey | None = None) -> Written:
        """Insert or replace all pairs."""
        return self.answers.answer(idempotency_key, lambda: self._write(namespace, batch))

    def _write(self, namespace: str, batch: WriteBatch) -> Written:
        self.begin(namespace)
        if self.is_full:
            raise StoreFullError
        self._refuse_conflicts(batch.expected)
        skipped, created = [], 0
        for key, value in batch.pairs:
            if batch.if_absent and key in self.kept:
                skipped.append(key)
            else:
                created += key not in self.kept
                self.put(key, value, find_expiry(batch.ttl))
        return Written(self.revision, skipped, created)

    async def read(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> Found:
        """Return the values of pairs."""
        pairs, revision = await self.read_pairs(namespace, batch, stale)
        found = [pairs.get(key) for key in batch.keys]
        return Found([None if pair is None else pair.value for pair in found], revision)

    async def find(self, namespace: str, key: str, stale: StaleRead | None = None) -> Pair | None:
        """Return the pair, if it exists."""
        self.begin(namespace)
        self._answer(stale)
        return self.kept.get(key)

    async def read_pairs(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> FoundPairs:
        """Return the pairs that exist."""
        found = self._read_pairs(namespace, batch)
        self._answer(stale)
        return found

    def _answer(self, stale: StaleRead | None) -> None:
        if stale is not None:
            stale.age_seconds, stale.revision = 0.0, self.revision

    def _read_pairs(self, namespace: str, batch: KeyBatch) -> FoundPairs:
        self.begin(namespace)
        found = {key: self.kept[key] for key in batch.keys if key in self.kept}
        size = sum(map(measure, found.values()))
        if len(found) > 1 and size > MAX_ANSWER_BYTES:
            raise AnswerTooLargeError
        return FoundPairs(found, self.revision)

    async def delete(
        self,
        namespace: str,
        batch: KeyBatch,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
        *,
        returns_previous: bool = False,
    ) -> Deleted:
        """Delete all pairs that exist."""
        return self.answers.answer(idempotency_key, lambda: self._delete(namespace, batch, expected, returns_previous))

    def _delete(self, namespace: str, batch: KeyBatch, expected: Mapping[str, Expectation], returns_previous: bool) -> Deleted:
        self.begin(namespace)
        self._refuse_conflicts(expected)
        previous = self._read_pairs(namespace, batch).pairs if returns_previous else {}
        missing = [key for key in batch.keys if key not in self.kept]
        for key in batch.keys:
            self.remove(key)
        return Deleted(self.revision, missing, {key: pair.value for key, pair in previous.items()})

    async def replace(
        self,
        namespace: str,
        key: str,
        value: Value,
        revision: int,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> int:
        """Replace the value of the pair with this revision."""
        return self.answers.answer(idempotency_key, lambda: self._replace(namespace, key, value, revision, expected))

    def _replace(self, namespace: str, key: str, value: Value, revision: int, expected: Mapping[str, Expectation]) -> int:
        self.begin(namespace)
        self._refuse_conflicts(expected)
        self._refuse_conflicts({key: ANY_REVISION})
        if self.kept[key].revision != revision:
            self.answers.is_tried_again = True
            raise RevisionConflictError([(key, self.kept[key].revision)])
        return self.put(key, value, self.kept[key].expires_at)

    async def set_ttl(
        self,
        namespace: str,
        key: str,
        ttl: TimeToLive,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Lifetime | None:
        """Set how long a pair lives from now on."""
        return self.answers.answer(idempotency_key, lambda: self._set_ttl(namespace, key, ttl, expected))

    def _set_ttl(self, namespace: str, key: str, ttl: TimeToLive, expected: Mapping[str, Expectation]) -> Lifetime | None:
        self.begin(namespace)
        self._refuse_conflicts(expected)
        pair, expires_at = self.kept.get(key), find_expiry(ttl)
        if pair is None:
            return None
        if pair.expires_at is None or expires_at is None or expires_at < pair.expires_at:
            return Lifetime(self.put(key, pair.value, expires_at), expires_at)
        self.kept[key] = pair._replace(expires_at=expires_at)
        return Lifetime(pair.revision, expires_at)

    async def increment(
        self,
        namespace: str,
        key: str,
        by: JsonText,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Sum:
        """Add a number to a pair's."""
        return self.answers.answer(idempotency_key, lambda: self._increment(namespace, key, by, expected))

    def _increment(self, namespace: str, key: str, by: JsonText, expected: Mapping[str, Expectation]) -> Sum:
        self.begin(namespace)
        self._refuse_conflicts(expected)
        text = self.add(key, by)
        return Sum(self.revision, text)

    async def read_page(self, namespace: str, query: PageQuery, stale: StaleRead | None = None) -> PairPage:
        """Return the first page of a range."""
        self.begin(namespace)
        self._answer(stale)
        pairs: list[Pair] = []
        size, before = 0, ""
        keys = sorted(self._find_keys(query.keys), reverse=query.reverse)
        for searched, key in enumerate(keys):
            is_searched = query.contains is not None and searched == query.max_searched
            if len(pairs) == query.limit or size >= query.max_bytes or is_searched:
                position = before if query.reverse else key
                return PairPage(pairs, self.revision, position, None if query.contains is None else searched)
            if query.contains is None or query.contains in key:
                pair = self.kept[key]
                pairs.append(pair._replace(value=JsonText("")) if query.keys_only else pair)
                size += 0 if query.keys_only else answered_size(pair.value)
            before = key
        return PairPage(pairs, self.revision, None, None if query.contains is None else len(keys))

    async def read_level(self, namespace: str, query: LevelQuery, stale: StaleRead | None = None) -> LevelPage:
        """Return the first page of the children of a prefix."""
        self.begin(namespace)
        self._answer(stale)
        prefix, delimiter = query.prefix, query.delimiter
        parts = {key: key[len(prefix) :].partition(delimiter) for key in self._find_keys(query.keys)}
        texts = sorted({prefix + name + end for name, end, _ in parts.values()}, reverse=query.reverse)
        page = texts[: query.limit]
        children = [text if delimiter in text[len(prefix) :] else self.kept[text]._replace(value=JsonText("")) for text in page]
        position = None
        if len(texts) > query.limit:
            position = page[-1] if query.reverse else texts[query.limit]
        return LevelPage(children, self.revision, position)

    async def delete_range(self, namespace: str, keys: KeyRange, limit: int) -> DeletedSlice:
        """Delete the first pairs of a range."""
        self.begin(namespace)
        inside = sorted(self._find_keys(keys))
        for key in inside[:limit]:
            self.remove(key)
        return DeletedSlice(self.revision, len(inside[:limit]), inside[limit] if len(inside) > limit else None)

    async def read_history(self, namespace: str, query: HistoryQuery, stale: StaleRead | None = None) -> HistoryPage:
        """Return the first page of a pair's changes."""
        self.begin(namespace)
        self._answer(stale)
        found = [
            change
            for change in reversed(self.changes)
            if change.key == query.key and (query.before is None or change.revision < query.before)
        ]
        page = found[: query.limit]
        return HistoryPage(page, self.revision, page[-1].revision if len(found) > query.limit else None)

    async def restore(
        self,
        namespace: str,
        key: str,
        revision: int,
        ttl: TimeToLive | None,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Restored:
        """Write the value that the pair got with a revision."""
        return self.answers.answer(idempotency_key, lambda: self._restore(namespace, key, revision, ttl, expected))

    def _restore(
        self, namespace: str, key: str, revision: int, ttl: TimeToLive | None, expected: Mapping[str, Expectation]
    ) -> Restored:
        self.begin(namespace)
        self._refuse_conflicts(expected)
        values = [change.value for change in self.changes if (change.key, change.revision) == (key, revision)]
        if not values or values[0] is None:
            raise NoSuchRevisionError
        is_new = key not in self.kept
        return Restored(self.put(key, values[0], find_expiry(ttl)), is_new)

    def remove(self, key: str, kind: ChangeKind = ChangeKind.DELETED) -> bool:
        """Delete a pair, and return whether it existed."""
        pair = self.kept.pop(key, None)
        if pair is not None:
            self.revision += 1
            self.changes.append(Change(self.revision, kind, key, previous=pair.value))
        return pair is not None

    def add(self, key: str, by: JsonText) -> JsonText:
        """Add to a pair's number. Raises NotANumberError or NumberOverflowError."""
        pair = self.kept.get(key)
        value = pair.value if pair else JsonText("0")
        if isinstance(value, Binary):
            raise NotANumberError
        left, right = json.loads(value), json.loads(by)
        if type(left) not in {int, float}:
            raise NotANumberError
        if type(left) is int and not -(2**63) <= left < 2**64:
            raise NumberOverflowError
        exact = type(left) is int and type(right) is int
        if exact and -(2**63) <= left + right < 2**63:
            text = JsonText(str(left + right))
        elif not exact and math.isfinite(float(left) + float(right)):
            text = JsonText(orjson.dumps(float(left) + float(right)).decode())
        else:
            raise NumberOverflowError
        self.put(key, text, pair.expires_at if pair else None)
        return text

    def begin(self, namespace: str) -> None:
        """Let pairs expire. Raises NoSuchNamespaceError or StoreUnavailableError."""
        if not self.is_available:
            raise StoreUnavailableError
        if namespace != DEFAULT_NAMESPACE:
            raise NoSuchNamespaceError
        now = datetime.now(UTC)
        for key in [key for key, pair in self.kept.items() if pair.expires_at is not None and pair.expires_at <= now]:
            self.remove(key, ChangeKind.EXPIRED)

    def _refuse_conflicts(self, expected: Mapping[str, Expectation]) -> None:
        current = {key: self.kept[key].revision if key in self.kept else 0 for key in expected}
        conflicts = [(key, current[key]) for key, revision in expected.items() if not _is_as_expected(current[key], revision)]
        if conflicts:
            raise RevisionConflictError(conflicts)

    def _find_keys(self, keys: KeyRange) -> list[str]:
        return [key for key in self.kept if keys.first <= key and (keys.stop is None or key < keys.stop)]

    def put(self, key: str, value: Value, expires_at: datetime | None) -> int:
        """Insert or replace a pair, and return its revision."""
        self.revision += 1
        old = self.kept.get(key)
        created_revision, version = (old.created_revision, old.version + 1) if old else (self.revision, 1)
        self.kept[key] = Pair(key, value, self.revision, created_revision, version, expires_at)
        self.changes.append(Change(self.revision, ChangeKind.WRITTEN, key, value, expires_at))
        return self.revision


def measure(pair: Pair) -> int:
    """Return the bytes that a pair takes in an answer, without its metadata."""
    value = pair.value
    return len(pair.key.encode()) + (len(value.encode()) if isinstance(value, str) else answered_size(value))


def _is_as_expected(revision: int, expected: Expectation) -> bool:
    if isinstance(expected, int):
        return _is_among(revision, [expected] if expected != ANY_REVISION else ANY_REVISION)
    match, none_match = expected
    return (match is None or _is_among(revision, match)) and (none_match is None or not _is_among(revision, none_match))


def _is_among(revision: int, revisions: int | Sequence[int]) -> bool:
    return revision > 0 if isinstance(revisions, int) else revision in revisions


def find_expiry(ttl: TimeToLive | None) -> datetime | None:
    """Return when a pair written now expires."""
    if ttl is None or ttl.milliseconds is None:
        return None
    return datetime.now(UTC) + timedelta(milliseconds=ttl.milliseconds)
