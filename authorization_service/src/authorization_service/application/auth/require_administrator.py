"""Letting administrators in, and nobody else."""

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.exceptions import AdministratorRequiredError
from shared_kernel.application.authentication import Caller


class RequireAdministrator:
    """For what only administrators may do. Asks the store, so that who is none any more is refused from then on."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def __call__(self, caller: Caller) -> str:
        """Return the administrator's id. Raises AdministratorRequiredError or StoreUnavailableError."""
        user = await self._users.find_by_id(caller.user_id)
        if user is None or not user.is_administrator:
            raise AdministratorRequiredError
        return caller.user_id
