"""Namespaces in Tarantool's space `namespaces`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from key_value_service.application.namespaces.namespace_repository import NamespaceStatistics, Put
from key_value_service.domain.entities.namespace import MAX_NAMESPACES, Namespace, NamespaceSettings
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import EPOCH
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

MICROSECOND = timedelta(microseconds=1)


class TarantoolNamespaceRepository:
    """Implements NamespaceRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def put(self, name: str, settings: NamespaceSettings) -> Put:
        """Create a namespace, or replace its settings."""
        stored_settings = [
            settings.description,
            settings.quota_pairs,
            settings.quota_bytes,
            settings.time_to_live.milliseconds,
            settings.changes_kept,
            settings.history_kept,
        ]
        is_new, stored = unwrap(await self._tarantool.call("namespaces.put", [name, stored_settings, MAX_NAMESPACES]), REFUSALS)
        return Put(_to_namespace(stored), is_new)

    async def find(self, name: str) -> Namespace:
        """Return a namespace."""
        return _to_namespace(unwrap(await self._tarantool.call("namespaces.find", [name]), REFUSALS))

    async def find_matching(self, patterns: Sequence[str], after: str, most: int) -> Sequence[Namespace]:
        """Return up to `most` namespaces after the name `after` that match patterns of grants, by name."""
        return [_to_namespace(stored) for stored in await self._tarantool.call("namespaces.list", [patterns, after, most])]

    async def remove(self, name: str, *, is_forced: bool) -> None:
        """Delete a namespace with its pairs and changes; one that has pairs only if forced."""
        unwrap(await self._tarantool.call("namespaces.delete", [name, is_forced]), REFUSALS)

    async def measure(self, name: str) -> NamespaceStatistics:
        """Return the totals of a namespace."""
        return NamespaceStatistics(*unwrap(await self._tarantool.call("namespaces.describe", [name]), REFUSALS))


def _to_namespace(stored: Any) -> Namespace:
    # Null fields at the end are left out.
    _, name, _, _, _, _, created_at, description, changes_kept, *others = stored
    quota_pairs, quota_bytes, default_ttl, history_kept = [*others, None, None, None, None][:4]
    settings = NamespaceSettings(
        description,
        quota_pairs,
        quota_bytes,
        None if default_ttl is None else default_ttl / 1000,
        changes_kept,
        history_kept or 0,
    )
    return Namespace(name, settings, EPOCH + created_at * MICROSECOND)
