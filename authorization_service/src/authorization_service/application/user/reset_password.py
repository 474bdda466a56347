"""Reset of a user's password."""

from dataclasses import dataclass, field

from authorization_service.application.clock import Now
from authorization_service.application.user.register_user import PasswordHasher
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.domain_event import BY_OPERATOR
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.domain.value_objects.password import Password
from shared_kernel.domain.rules import refuse_if_broken


@dataclass(frozen=True, slots=True)
class ResetPasswordRequest:
    """A user, and its new password."""

    username: str
    password: str = field(repr=False)


class ResetPassword:
    """Set a new password for a user. For the operator only: to reset an administrator's password is to become one."""

    def __init__(self, users: UserRepository, rules: PasswordRules, hasher: PasswordHasher, now: Now) -> None:
        self._users = users
        self._rules = rules
        self._hasher = hasher
        self._now = now

    async def __call__(self, request: ResetPasswordRequest) -> None:
        """Store the new password and end all sessions of the user.

        Raises RulesBrokenError, NoSuchUserError, BusyError or StoreUnavailableError.
        """
        username = (await get_named(self._users, request.username)).username.value
        refuse_if_broken(self._rules.find_violations(request.password, username))
        password_hash = await self._hasher.hash(Password(request.password).value)
        while True:
            user = await get_named(self._users, request.username)
            if await self._users.change(user.reset_password(self._now(), BY_OPERATOR, password_hash), ends_sessions=True):
                return
