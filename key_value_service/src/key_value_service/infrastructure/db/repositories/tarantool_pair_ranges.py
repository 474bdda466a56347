"""Pairs between two keys in Tarantool's space `pairs`."""

from key_value_service.application.pairs.pair_ranges import DeletedSlice, LevelPage, LevelQuery, PageQuery, PairPage
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.stale_read import StaleRead
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import to_pair
from key_value_service.infrastructure.db.stale_calls import call_reader, note_revision
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPairRanges:
    """Implements PairRanges."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def read_page(self, namespace: str, query: PageQuery, stale: StaleRead | None = None) -> PairPage:
        """Return the first page of a range."""
        keys, *options = query
        arguments = [namespace, keys.first, keys.stop, *options]
        answer = unwrap(await call_reader(self._tarantool, stale, "ranges.list", arguments), REFUSALS)
        pairs, revision, *rest = answer
        note_revision(stale, revision)
        return PairPage([to_pair(pair) for pair in pairs], revision, *rest)

    async def read_level(self, namespace: str, query: LevelQuery, stale: StaleRead | None = None) -> LevelPage:
        """Return the first page of the children of a prefix."""
        keys, prefix, *options, limit, reverse = query
        arguments = [namespace, len(prefix.encode()), *options, keys.first, keys.stop, limit, reverse]
        answer = unwrap(await call_reader(self._tarantool, stale, "children.list", arguments), REFUSALS)
        children, revision, *position = answer
        note_revision(stale, revision)
        found = [child if isinstance(child, str) else to_pair(child) for child in children]
        return LevelPage(found, revision, position[0] if position else None)

    async def delete_range(self, namespace: str, keys: KeyRange, limit: int) -> DeletedSlice:
        """Delete the first pairs of a range in one transaction."""
        answer = unwrap(await self._tarantool.call("ranges.delete", [namespace, keys.first, keys.stop, limit]), REFUSALS)
        revision, deleted, *position = answer
        return DeletedSlice(revision, deleted, position[0] if position else None)
