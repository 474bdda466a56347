"""Making and changing namespaces."""

from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository, Put
from key_value_service.domain.entities.namespace import NamespaceSettings
from key_value_service.domain.value_objects.namespace_name import check_namespace_name
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class PutNamespaceRequest(NamedTuple):
    """A namespace's name and what its settings shall be."""

    name: str
    settings: NamespaceSettings


class PutNamespace:
    """For callers with the scope `admin:` on the namespace."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, request: PutNamespaceRequest) -> Put:
        """Make the namespace or, if there is one of this name, replace its settings.

        Raises InsufficientScopeError, RulesBrokenError, TooManyNamespacesError, StoreUnavailableError or StoreFullError.
        """
        require(caller, Action.ADMIN, request.name)
        return await self._namespaces.put(check_namespace_name(request.name), request.settings)
