"""Creation of the first administrator."""

from collections.abc import Callable

from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import Role
from authorization_service.domain.exceptions import UsernameTakenError
from authorization_service.domain.value_objects.username import Username


class EnsureAdministrator:
    """Create an administrator at start-up if there is no enabled one, unless a user has its name.

    So an administrator that was replaced by another one and deleted is not created again, with the first password, at the next
    start.
    """

    def __init__(
        self, users: UserRepository, register: RegisterUser, username: str, read_or_make_password: Callable[[], str]
    ) -> None:
        self._users = users
        self._register = register
        self._username = Username(username)
        self._read_or_make_password = read_or_make_password

    async def __call__(self) -> None:
        """Register the administrator if there is none.

        Raises RulesBrokenError for a password that breaks the rules, SecretUnusableError, BusyError, StoreUnavailableError or
        StoreFullError.
        """
        if await self._users.has_administrator() or await self._users.find_by_username(self._username.key) is not None:
            return
        try:
            await self._register(
                RegisterUserRequest(
                    username=self._username.value,
                    password=self._read_or_make_password(),
                    first_name="Store",
                    last_name="Administrator",
                    role=Role.ADMINISTRATOR,
                )
            )
        except UsernameTakenError:
            return  # another process registered it first
