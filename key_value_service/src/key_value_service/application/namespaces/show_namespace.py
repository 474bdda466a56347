"""Showing one namespace."""

from key_value_service.application.access import require
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.entities.namespace import Namespace
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class ShowNamespace:
    """For callers with the scope `read:` on the namespace."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, name: str) -> Namespace:
        """Show it. Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError or StoreUnavailableError."""
        require(caller, Action.READ, name)
        return await self._namespaces.find(name)
