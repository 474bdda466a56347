"""Asking a user who is logged in for the password again, before what a stolen access token must not be enough for."""

from authorization_service.application.auth.log_in import PasswordVerifier
from authorization_service.domain.entities.user import User
from authorization_service.domain.value_objects.password import prepare_to_verify
from shared_kernel.domain.rules import RulesBrokenError, Violation


class ConfirmPassword:
    """For use cases that concern the caller's own account."""

    def __init__(self, verifier: PasswordVerifier) -> None:
        self._verifier = verifier

    async def __call__(self, user: User, password: str, field: str) -> None:
        """Return if this is the user's password. Raises RulesBrokenError naming the field, or BusyError."""
        if not await self._verifier.verify(prepare_to_verify(password), user.password_hash):
            raise RulesBrokenError([Violation(field, "wrong", "This is not your password.")])
