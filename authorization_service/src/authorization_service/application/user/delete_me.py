"""Deletion of the caller's account."""

from dataclasses import dataclass, field

from authorization_service.application.auth.confirm_password import ConfirmPassword
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.exceptions import NoSuchUserError
from shared_kernel.application.authentication import Caller


@dataclass(frozen=True, slots=True)
class DeleteMeRequest:
    """The caller, the client's address, and the password for confirmation."""

    caller: Caller
    address: str
    password: str = field(repr=False)


class DeleteMe:
    """Delete the caller's user, unless it is the last administrator."""

    def __init__(self, users: UserRepository, confirm: ConfirmPassword, now: Now) -> None:
        self._users = users
        self._confirm = confirm
        self._now = now

    async def __call__(self, request: DeleteMeRequest) -> None:
        """Delete the user with its sessions, memberships and grants.

        Raises WrongPasswordError, TooManyAttemptsError, NoSuchUserError, LastAdministratorError, BusyError or
        StoreUnavailableError.
        """
        while True:
            user = await self._users.find_by_id(request.caller.user_id)
            if user is None:
                raise NoSuchUserError
            await self._confirm(user, request.password, "password", request.address)
            if await self._users.remove(user.delete(self._now(), by=request.caller.user_id)):
                return
