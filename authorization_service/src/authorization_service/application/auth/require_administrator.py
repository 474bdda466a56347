"""Letting administrators in, and nobody else."""

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.exceptions import AdministratorRequiredError
from authorization_service.domain.value_objects.scope import ADMINISTRATION_SCOPE
from shared_kernel.application.authentication import Caller, InsufficientScopeError


class RequireAdministrator:
    """For what only administrators may do. Asks the store, so that who is none any more is refused from then on.

    The token must say so, too: an administrator's token that was asked to allow less than all is for programs that do less.
    """

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, caller: Caller) -> str:
        """Return the administrator's id. Raises AdministratorRequiredError, InsufficientScopeError or StoreUnavailableError."""
        user = await self._users.find_by_id(caller.user_id)
        if user is None or not user.is_administrator:
            raise AdministratorRequiredError
        if ADMINISTRATION_SCOPE not in caller.scopes:
            raise InsufficientScopeError(ADMINISTRATION_SCOPE)
        return caller.user_id
