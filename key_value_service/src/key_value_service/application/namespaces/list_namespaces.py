"""Listing namespaces."""

from collections.abc import Sequence

from key_value_service.application.access import find_visible
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.entities.namespace import Namespace
from shared_kernel.application.authentication import Caller


class ListNamespaces:
    """For every caller, who sees the namespaces in which its scopes allow anything."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, after: str, most: int) -> Sequence[Namespace]:
        """Return the first `most` of them behind the name `after`, by name. Raises StoreUnavailableError."""
        return await self._namespaces.find_matching(find_visible(caller), after, most)
