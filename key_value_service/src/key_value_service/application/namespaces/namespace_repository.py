"""Where namespaces are kept."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from key_value_service.domain.entities.namespace import Namespace, NamespaceSettings
from key_value_service.domain.value_objects.namespace_name import NamespaceName


class Put(NamedTuple):
    """A namespace as it has been made or changed."""

    namespace: Namespace
    is_new: bool


class NamespaceStatistics(NamedTuple):
    """What a namespace holds, at one moment.

    Pairs that have expired count until they are swept, moments later. `oldest_change` is the revision of the oldest change that
    is kept, and the next one to come if none is.
    """

    pairs: int
    bytes: int
    revision: int
    oldest_change: int


class NamespaceRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach. What a method tells is on disk."""

    async def put(self, name: NamespaceName, settings: NamespaceSettings) -> Put:
        """Make a namespace, or replace the settings of the one of this name.

        A new one is empty, and begins at a revision that no deleted one of its name has been beyond. Raises
        TooManyNamespacesError where there are MAX_NAMESPACES, or StoreFullError.
        """
        ...

    async def find(self, name: str) -> Namespace:
        """Return a namespace. Raises NoSuchNamespaceError."""
        ...

    async def find_matching(self, patterns: Sequence[str], after: str, most: int) -> Sequence[Namespace]:
        """Return the first `most` of those behind the name `after` that patterns of grants stand for, by name.

        The patterns are in order, and no two of them stand for the same namespace.
        """
        ...

    async def remove(self, name: str, *, is_forced: bool) -> None:
        """Delete a namespace with its pairs and changes.

        Raises NoSuchNamespaceError or, if it has pairs and this is not forced, NamespaceNotEmptyError.
        """
        ...

    async def measure(self, name: str) -> NamespaceStatistics:
        """Return what a namespace holds. Raises NoSuchNamespaceError."""
        ...
