"""Change of the caller's password."""

from dataclasses import dataclass, field

from authorization_service.application.auth.confirm_password import ConfirmPassword
from authorization_service.application.clock import Now
from authorization_service.application.user.register_user import PasswordHasher
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.exceptions import NoSuchUserError
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.domain.value_objects.password import Password
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.rules import refuse_if_broken


@dataclass(frozen=True, slots=True)
class ChangePasswordRequest:
    """The caller, the client's address, and the current and the new password."""

    caller: Caller
    address: str
    current_password: str = field(repr=False)
    new_password: str = field(repr=False)


class ChangePassword:
    """Change the caller's password. Ends all other sessions of the user."""

    def __init__(
        self,
        users: UserRepository,
        confirm: ConfirmPassword,
        rules: PasswordRules,
        hasher: PasswordHasher,
        now: Now,
    ) -> None:
        self._users = users
        self._confirm = confirm
        self._rules = rules
        self._hasher = hasher
        self._now = now

    async def __call__(self, request: ChangePasswordRequest) -> None:
        """Store the new password and end all sessions except the caller's. Of concurrent changes, one succeeds.

        Raises RulesBrokenError, WrongPasswordError, TooManyAttemptsError, NoSuchUserError, BusyError or StoreUnavailableError.
        """
        while True:
            user = await self._users.find_by_id(request.caller.user_id)
            if user is None:
                raise NoSuchUserError
            refuse_if_broken(self._rules.find_violations(request.new_password, user.username.value, "new_password"))
            await self._confirm(user, request.current_password, "current_password", request.address)
            password_hash = await self._hasher.hash(Password(request.new_password).value)
            changed = user.change_password(self._now(), password_hash)
            if await self._users.change(changed, ends_sessions=True, kept_session_id=request.caller.session_id):
                return
