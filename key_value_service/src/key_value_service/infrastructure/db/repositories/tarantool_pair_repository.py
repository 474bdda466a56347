"""Pairs in Tarantool's space `pairs`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from key_value_service.application.pairs.pair_repository import Deleted, Found, FoundPairs, Lifetime, Sum, Written
from key_value_service.domain.value_objects.batch import MAX_ANSWER_BYTES, Expectation, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import Binary, JsonText, Value
from key_value_service.infrastructure.db.repositories.kept_answers import add_key, find_max_bytes, unwrap_answer
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.stale_calls import call_reader, note_revision
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_FOR_EVER = -1  # instead of a TTL


class TarantoolPairRepository:
    """Implements PairRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def write(self, namespace: str, batch: WriteBatch, idempotency_key: IdempotencyKey | None = None) -> Written:
        """Insert or replace all pairs in one transaction."""
        arguments = add_key([namespace, batch.pairs, to_stored_ttl(batch.ttl), batch.if_absent, batch.expected], idempotency_key)
        return Written(*unwrap_answer(await self._tarantool.call("key_value.write", arguments), idempotency_key))

    async def read(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> Found:
        """Return the values of pairs, None for keys without one."""
        arguments = [namespace, batch.keys, MAX_ANSWER_BYTES]
        values, revision = unwrap(await call_reader(self._tarantool, stale, "key_value.read", arguments), REFUSALS)
        note_revision(stale, revision)
        if list in set(map(type, values)):  # a long value, or one of bytes, is answered as its pair's tuple
            values = [to_value(value[2]) if type(value) is list else value for value in values]
        return Found(values, revision)

    async def find(self, namespace: str, key: str, stale: StaleRead | None = None) -> Pair | None:
        """Return the pair, if it exists."""
        pairs, _ = await self._find(namespace, [key], stale)
        return to_pair(pairs[0]) if pairs else None

    async def read_pairs(self, namespace: str, batch: KeyBatch, stale: StaleRead | None = None) -> FoundPairs:
        """Return the pairs that exist."""
        pairs, revision = await self._find(namespace, batch.keys, stale)
        return FoundPairs({pair[1]: to_pair(pair) for pair in pairs}, revision)

    async def _find(self, namespace: str, keys: Sequence[str], stale: StaleRead | None) -> Any:
        arguments = [namespace, keys, MAX_ANSWER_BYTES]
        found = unwrap(await call_reader(self._tarantool, stale, "key_value.find", arguments), REFUSALS)
        note_revision(stale, found[1])
        return found

    async def delete(
        self,
        namespace: str,
        batch: KeyBatch,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
        *,
        returns_previous: bool = False,
    ) -> Deleted:
        """Delete all pairs that exist, in one transaction."""
        max_bytes = find_max_bytes(idempotency_key) if returns_previous else None
        arguments = add_key([namespace, batch.keys, expected, max_bytes], idempotency_key)
        answer = unwrap_answer(await self._tarantool.call("key_value.delete", arguments), idempotency_key)
        revision, missing, *previous = answer
        return Deleted(revision, missing, {pair[1]: to_pair(pair).value for pairs in previous for pair in pairs})

    async def replace(
        self,
        namespace: str,
        key: str,
        value: Value,
        revision: int,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> int:
        """Replace the value of the pair that has this revision. Return the new revision."""
        arguments = add_key([namespace, key, value, revision, expected], idempotency_key)
        [changed] = unwrap_answer(await self._tarantool.call("key_value.replace", arguments), idempotency_key)
        return int(changed)

    async def set_ttl(
        self,
        namespace: str,
        key: str,
        ttl: TimeToLive,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Lifetime | None:
        """Set when a pair expires. Return None if there is no such pair."""
        arguments = add_key([namespace, key, to_stored_ttl(ttl), expected], idempotency_key)
        answer = unwrap_answer(await self._tarantool.call("key_value.set_ttl", arguments), idempotency_key)
        revision, exists, *expiry = answer
        return Lifetime(revision, _to_expiry(expiry)) if exists else None

    async def increment(
        self,
        namespace: str,
        key: str,
        by: JsonText,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Sum:
        """Add a number to that of a pair."""
        arguments = add_key([namespace, key, by, expected], idempotency_key)
        return Sum(*unwrap_answer(await self._tarantool.call("key_value.increment", arguments), idempotency_key))


def to_stored_ttl(ttl: TimeToLive | None) -> int | None:
    """Return a TTL as stored functions take it: milliseconds, None for the namespace's default, -1 for ever."""
    if ttl is None:
        return None
    return _FOR_EVER if ttl.milliseconds is None else ttl.milliseconds


def to_value(stored: str | bytes) -> Value:
    """Return the value of a field that has one."""
    return Binary(stored) if isinstance(stored, bytes) else JsonText(stored)


def to_pair(stored: Any) -> Pair:
    """Return the pair of a tuple of the space `pairs`."""
    _, key, value, revision, created_revision, version, *expiry = stored
    return Pair(key, to_value(value), revision, created_revision, version, _to_expiry(expiry))


def _to_expiry(stored: list[Any]) -> datetime | None:
    """Return the expiry at the end of a tuple, or None."""
    return EPOCH + stored[0] * MILLISECOND if stored and stored[0] is not None else None
