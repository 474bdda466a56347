"""Use case: create or change a namespace."""

from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository, Put
from key_value_service.domain.entities.namespace import NamespaceSettings
from key_value_service.domain.value_objects.namespace_name import check_namespace_name
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class PutNamespaceRequest(NamedTuple):
    """The namespace's name, and all of its new settings."""

    name: str
    settings: NamespaceSettings


class PutNamespace:
    """Create a namespace or replace its settings. Requires the scope `admin:` on it."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, request: PutNamespaceRequest) -> Put:
        """Create the namespace or, if one of this name exists, replace its settings.

        Raises InsufficientScopeError, RulesBrokenError, TooManyNamespacesError, StoreUnavailableError or StoreFullError.
        """
        require(caller, Action.ADMIN, request.name)
        return await self._namespaces.put(check_namespace_name(request.name), request.settings)
