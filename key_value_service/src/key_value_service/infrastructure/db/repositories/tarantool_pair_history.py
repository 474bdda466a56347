"""The history of pairs in Tarantool: its log of changes, and its spaces `pairs` and `history`."""

from collections.abc import Iterator, Mapping
from typing import Any

from key_value_service.application.pairs.pair_history import HistoryPage, HistoryQuery, Restored
from key_value_service.domain.value_objects.batch import Expectation
from key_value_service.domain.value_objects.change import Change, ChangeKind
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.infrastructure.db.repositories.kept_answers import add_key, unwrap_answer
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.stored_changes import read_tuple, to_change
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import to_pair, to_stored_ttl
from key_value_service.infrastructure.db.stale_calls import call_reader, note_revision
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPairHistory:
    """Implements PairHistory."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def read_history(self, namespace: str, query: HistoryQuery, stale: StaleRead | None = None) -> HistoryPage:
        """Return the first page of a pair's kept changes."""
        answer = unwrap(await call_reader(self._tarantool, stale, "history.list", [namespace, *query]), REFUSALS)
        logged, current, kept, revision, *rest = answer
        note_revision(stale, revision)
        changes = [*_find_logged(logged, query), *_find_kept(current, kept)]
        position = rest[0] if rest else None
        if len(changes) > query.limit:  # a transaction may have changed the pair several times
            changes = changes[: query.limit]
            position = changes[-1].revision
        return HistoryPage(changes, revision, position)

    async def restore(
        self,
        namespace: str,
        key: str,
        revision: int,
        ttl: TimeToLive | None,
        expected: Mapping[str, Expectation],
        idempotency_key: IdempotencyKey | None = None,
    ) -> Restored:
        """Write the value that the pair got with a revision, in one transaction."""
        arguments = add_key([namespace, key, revision, to_stored_ttl(ttl), expected], idempotency_key)
        return Restored(*unwrap_answer(await self._tarantool.call("history.restore", arguments), idempotency_key))


def _find_logged(stored: Any, query: HistoryQuery) -> Iterator[Change]:
    """Yield the changes of the pair in tuples of the log, which have those of other pairs, too."""
    for one in stored:
        for change in reversed([*read_tuple(one)]):
            if change.key == query.key and (query.before is None or change.revision < query.before):
                yield change


def _find_kept(current: Any, kept: Any) -> Iterator[Change]:
    if current is not None:
        pair = to_pair(current)
        yield Change(pair.revision, ChangeKind.WRITTEN, pair.key, pair.value, pair.expires_at)
    for _, key, revision, value, _, *expiry in kept:
        yield to_change(revision, ChangeKind.WRITTEN, key, value, *expiry)
