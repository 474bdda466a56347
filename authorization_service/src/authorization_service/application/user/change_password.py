"""Change of the caller's password."""

from dataclasses import dataclass, field

from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_account import require_account
from authorization_service.application.clock import Now
from authorization_service.application.user.register_user import PasswordHasher
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.domain.value_objects.password import Password
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.rules import refuse_if_broken


@dataclass(frozen=True, slots=True)
class ChangePasswordRequest:
    """The caller, the new password, and the confirmation with the current one."""

    caller: Caller
    confirmation: Confirmation
    new_password: str = field(repr=False)


class ChangePassword:
    """Change the caller's password. Ends all other sessions of the user."""

    def __init__(
        self,
        users: UserRepository,
        confirm: ConfirmIdentity,
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

        Raises InsufficientScopeError, RulesBrokenError, NoSuchUserError, StoreUnavailableError, or what ConfirmIdentity does.
        """
        require_account(request.caller)
        is_proved = False
        while True:
            user = await get_by_id(self._users, request.caller.user_id)
            refuse_if_broken(self._rules.find_violations(request.new_password, user.username.value, "new_password"))
            await self._confirm(
                user,
                request.confirmation,
                second_factor_is_proved=is_proved,
                password_field="current_password",  # noqa: S106 - a name
            )
            is_proved = True
            password_hash = await self._hasher.hash(Password(request.new_password).value)
            changed = user.change_password(self._now(), password_hash)
            if await self._users.change(changed, ends_sessions=True, kept_session_id=request.caller.session_id):
                return
