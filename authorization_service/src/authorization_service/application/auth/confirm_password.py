"""Confirmation by password, for operations for which a stolen access token must not be enough."""

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import WrongPasswordError


class ConfirmPassword:
    """Require the password of a logged-in user. For use cases on the caller's own account."""

    def __init__(self, check_password: CheckPassword) -> None:
        self._check_password = check_password

    async def __call__(self, user: User, password: str, field: str, address: str) -> None:
        """Return if this is the user's password. `address` is the client's; `field` is the password's name in the request.

        Raises WrongPasswordError, TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        if not await self._check_password(user.username.key, user, address, password):
            raise WrongPasswordError(field)
