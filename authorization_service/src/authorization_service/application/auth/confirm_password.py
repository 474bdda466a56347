"""Asking a user who is logged in for the password again, before what a stolen access token must not be enough for."""

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import WrongPasswordError


class ConfirmPassword:
    """For use cases that concern the caller's own account."""

    def __init__(self, check_password: CheckPassword) -> None:
        self._check_password = check_password

    async def __call__(self, user: User, password: str, field: str, address: str) -> None:
        """Return if this is the user's password; `address` is where the request comes from.

        Raises WrongPasswordError naming the field, TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        if not await self._check_password(user.username.key, user, address, password):
            raise WrongPasswordError(field)
