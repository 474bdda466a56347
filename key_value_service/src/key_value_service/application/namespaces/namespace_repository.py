"""The port for stored namespaces."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.entities.namespace import Namespace, NamespaceSettings
from key_value_service.domain.value_objects.namespace_name import NamespaceName


class Put(NamedTuple):
    """A namespace after it was created or changed."""

    namespace: Namespace
    is_new: bool


class NamespaceStatistics(NamedTuple):
    """What a namespace holds, as of `revision`.

    Expired pairs count until they are swept, moments later. `oldest_change` is the revision of the oldest change that is kept;
    that of the next change if none is.
    """

    pairs: int
    bytes: int
    revision: int
    oldest_change: int


class NamespaceRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is unreachable. Results are durable."""

    async def put(self, name: NamespaceName, settings: NamespaceSettings) -> Put:
        """Create a namespace, or replace the settings of the existing one.

        A new one is empty, and starts at a revision beyond all of a deleted namespace of the same name. Raises
        TooManyNamespacesError if there are MAX_NAMESPACES, or StoreFullError.
        """
        ...

    async def find(self, name: str) -> Namespace:
        """Return a namespace. Raises NoSuchNamespaceError."""
        ...

    async def find_matching(self, patterns: Sequence[str], after: str, limit: int) -> Sequence[Namespace]:
        """Return the first `limit` namespaces after the name `after` that match patterns of grants, sorted by name.

        The patterns are sorted, and no two of them match the same namespace.
        """
        ...

    async def remove(self, name: str, *, is_forced: bool) -> None:
        """Delete a namespace with its pairs and changes.

        Raises NoSuchNamespaceError, or NamespaceNotEmptyError if it has pairs and this is not forced.
        """
        ...

    async def measure(self, name: str) -> NamespaceStatistics:
        """Return the statistics of a namespace. Raises NoSuchNamespaceError."""
        ...
