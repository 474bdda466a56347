"""The port NamespaceRepository, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from key_value_service.application.namespaces.namespace_repository import NamespaceStatistics, Put
from key_value_service.domain.entities.namespace import MAX_NAMESPACES, Namespace, NamespaceSettings
from key_value_service.domain.exceptions import NamespaceNotEmptyError, NoSuchNamespaceError, TooManyNamespacesError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE, NamespaceName
from shared_kernel.application.availability import StoreUnavailableError


class InMemoryNamespaceRepository:
    """Implements NamespaceRepository. Pairs are only counted, each as written once."""

    def __init__(self) -> None:
        self.is_available = True
        self._first_revision = 0
        self._namespaces: dict[str, Namespace] = {
            DEFAULT_NAMESPACE: Namespace(DEFAULT_NAMESPACE, NamespaceSettings(), datetime.now(UTC))
        }
        self._statistics: dict[str, NamespaceStatistics] = {DEFAULT_NAMESPACE: NamespaceStatistics(0, 0, 0, 1)}

    def fill(self, name: str, pairs: int) -> None:
        """Add this number of pairs, of ten bytes each."""
        held = self._statistics[name]
        self._statistics[name] = held._replace(
            pairs=held.pairs + pairs, bytes=held.bytes + 10 * pairs, revision=held.revision + pairs
        )

    async def put(self, name: NamespaceName, settings: NamespaceSettings) -> Put:
        """Create a namespace, or replace the settings of the existing one."""
        self._check_available()
        old = self._namespaces.get(name)
        if old is None:
            if len(self._namespaces) >= MAX_NAMESPACES:
                raise TooManyNamespacesError(MAX_NAMESPACES)
            self._statistics[name] = NamespaceStatistics(0, 0, self._first_revision, self._first_revision + 1)
        self._namespaces[name] = Namespace(name, settings, old.created_at if old else datetime.now(UTC))
        return Put(self._namespaces[name], old is None)

    async def find(self, name: str) -> Namespace:
        """Return a namespace."""
        self._check_available()
        if name not in self._namespaces:
            raise NoSuchNamespaceError
        return self._namespaces[name]

    async def find_matching(self, patterns: Sequence[str], after: str, limit: int) -> Sequence[Namespace]:
        """Return the first `limit` namespaces after the name `after` that match patterns of grants."""
        self._check_available()
        names = [
            name
            for name in sorted(self._namespaces)
            if name > after
            and any(
                name == pattern or (pattern.endswith("*") and name.startswith(pattern.removesuffix("*"))) for pattern in patterns
            )
        ]
        return [self._namespaces[name] for name in names[:limit]]

    async def remove(self, name: str, *, is_forced: bool) -> None:
        """Delete a namespace with its pairs and changes."""
        await self.find(name)
        if self._statistics[name].pairs and not is_forced:
            raise NamespaceNotEmptyError
        self._first_revision = max(self._first_revision, self._statistics[name].revision + 1)
        del self._namespaces[name], self._statistics[name]

    async def measure(self, name: str) -> NamespaceStatistics:
        """Return the statistics of a namespace."""
        await self.find(name)
        return self._statistics[name]

    def _check_available(self) -> None:
        if not self.is_available:
            raise StoreUnavailableError
