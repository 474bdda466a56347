"""Registration by the users themselves."""

from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import RegistrationClosedError


class RegisterOneself:
    """Register whoever asks, while registration is open. Public. The operator registers users in any case."""

    def __init__(self, register: RegisterUser, *, is_open: bool) -> None:
        self._register = register
        self.is_open = is_open

    async def __call__(self, request: RegisterUserRequest) -> User:
        """Return the new user. Raises RegistrationClosedError, and what RegisterUser does."""
        if not self.is_open:
            raise RegistrationClosedError
        return await self._register(request)
