"""Use case: list namespaces."""

from collections.abc import Sequence

from key_value_service.application.access import find_visible_patterns
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.entities.namespace import Namespace
from shared_kernel.application.authentication import Caller


class ListNamespaces:
    """List the namespaces in which the caller's scopes allow any action, if only on some keys. Open to every caller."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, after: str, limit: int) -> Sequence[Namespace]:
        """Return the first `limit` of them after the name `after`, sorted by name. Raises StoreUnavailableError."""
        return await self._namespaces.find_matching(find_visible_patterns(caller), after, limit)
