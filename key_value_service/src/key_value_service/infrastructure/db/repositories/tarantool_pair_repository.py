"""Pairs in Tarantool's space `pairs`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from key_value_service.application.pair_repository import Deleted, Found, FoundPairs, Written
from key_value_service.domain.value_objects.batch import LARGEST_ANSWER_BYTES, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.infrastructure.db.repositories.refusals import take
from shared_kernel.infrastructure.tarantool import TarantoolConnection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_FOR_EVER = -1


class TarantoolPairRepository:
    """Implements PairRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def write(self, namespace: str, batch: WriteBatch) -> Written:
        """Insert or replace all pairs in one transaction."""
        arguments = [namespace, batch.pairs, to_stored_ttl(batch.ttl), batch.if_absent, batch.expected]
        return Written(*take(await self._tarantool.call("key_value.write", arguments)))

    async def read(self, namespace: str, batch: KeyBatch) -> Found:
        """Return the values of pairs that exist."""
        pairs, revision = take(await self._tarantool.call("key_value.read", [namespace, batch.keys, LARGEST_ANSWER_BYTES]))
        return Found({pair[1]: pair[2] for pair in pairs}, revision)

    async def read_pairs(self, namespace: str, batch: KeyBatch) -> FoundPairs:
        """Return the pairs that exist."""
        pairs, revision = take(await self._tarantool.call("key_value.read", [namespace, batch.keys, LARGEST_ANSWER_BYTES]))
        return FoundPairs({pair[1]: to_pair(pair) for pair in pairs}, revision)

    async def delete(self, namespace: str, batch: KeyBatch, expected: Mapping[str, int]) -> Deleted:
        """Delete all pairs that exist."""
        return Deleted(*take(await self._tarantool.call("key_value.delete", [namespace, batch.keys, expected])))


def to_stored_ttl(ttl: TimeToLive | None) -> int | None:
    """Return milliseconds as stored functions take them: None for the namespace's default."""
    if ttl is None:
        return None
    return _FOR_EVER if ttl.milliseconds is None else ttl.milliseconds


def to_pair(stored: Any) -> Pair:
    """Return what a tuple of the space stands for."""
    _, key, value, revision, created_revision, version, *expiry = stored
    expires_at = EPOCH + expiry[0] * MILLISECOND if expiry and expiry[0] is not None else None
    return Pair(key, value, revision, created_revision, version, expires_at)
