"""Use case: measure a namespace."""

from key_value_service.application.access import require
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository, NamespaceStatistics
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class MeasureNamespace:
    """Count the pairs and bytes of a namespace. Requires the scope `read:` on it."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, name: str) -> NamespaceStatistics:
        """Return statistics. Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError or StoreUnavailableError."""
        require(caller, Action.READ, name)
        return await self._namespaces.measure(name)
