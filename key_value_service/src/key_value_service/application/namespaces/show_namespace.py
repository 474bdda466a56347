"""Use case: show one namespace."""

from key_value_service.application.access import require_some
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.entities.namespace import Namespace
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class ShowNamespace:
    """Show a namespace and its settings. Requires the scope `read:` on it, or on some of its keys."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, name: str) -> Namespace:
        """Return it. Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError or StoreUnavailableError."""
        require_some(caller, Action.READ, name)
        return await self._namespaces.find(name)
