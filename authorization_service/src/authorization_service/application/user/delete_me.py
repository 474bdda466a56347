"""Deletion of the caller's account."""

from dataclasses import dataclass

from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_account import require_account
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from shared_kernel.application.authentication import Caller


@dataclass(frozen=True, slots=True)
class DeleteMeRequest:
    """The caller, and the confirmation."""

    caller: Caller
    confirmation: Confirmation


class DeleteMe:
    """Delete the caller's user, unless it is the last administrator."""

    def __init__(self, users: UserRepository, confirm: ConfirmIdentity, now: Now) -> None:
        self._users = users
        self._confirm = confirm
        self._now = now

    async def __call__(self, request: DeleteMeRequest) -> None:
        """Delete the user with its sessions, memberships and grants.

        Raises InsufficientScopeError, NoSuchUserError, LastAdministratorError, StoreUnavailableError, or what ConfirmIdentity
        does.
        """
        require_account(request.caller)
        is_proved = False
        while True:
            user = await get_by_id(self._users, request.caller.user_id)
            await self._confirm(user, request.confirmation, second_factor_is_proved=is_proved)
            is_proved = True
            if await self._users.remove(user.delete(self._now(), by=request.caller.user_id)):
                return
