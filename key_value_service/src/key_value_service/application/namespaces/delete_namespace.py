"""Use case: delete a namespace."""

from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.namespaces.namespace_repository import NamespaceRepository
from key_value_service.domain.exceptions import DefaultNamespaceError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class DeleteNamespaceRequest(NamedTuple):
    """The namespace's name, and whether to delete it even if it has pairs."""

    name: str
    is_forced: bool = False


class DeleteNamespace:
    """Delete a namespace with its pairs and changes, effective immediately. Requires the scope `admin:` on it."""

    def __init__(self, namespaces: NamespaceRepository) -> None:
        self._namespaces = namespaces

    async def __call__(self, caller: Caller, request: DeleteNamespaceRequest) -> None:
        """Delete the namespace.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, NamespaceNotEmptyError, DefaultNamespaceError or
        StoreUnavailableError.
        """
        require(caller, Action.ADMIN, request.name)
        if request.name == DEFAULT_NAMESPACE:
            raise DefaultNamespaceError
        await self._namespaces.remove(request.name, is_forced=request.is_forced)
