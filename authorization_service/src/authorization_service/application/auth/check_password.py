"""Verification of submitted passwords, with limits on failed attempts."""

from typing import Protocol

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.domain.attempts import Attempt
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.sessions import Refusal
from authorization_service.domain.value_objects.password import prepare_to_verify
from shared_kernel.application.availability import BusyError


class PasswordVerifier(Protocol):
    """The port for comparing passwords with stored hashes."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether the password has this hash; without a hash, False after the same work.

        Raises BusyError if too many passwords wait to be hashed.
        """
        ...


class CheckPassword:
    """Verify a password within the limits of AttemptPolicy.

    Everything that takes a password (login, /token, password change, account deletion) uses this, and never a PasswordVerifier
    directly:

        if not await check_password(request.username, user, client.address, request.password):
            raise WrongCredentialsError

    For an unknown name, `user` is None: the call counts and costs the same, as it does for a disabled user. The attempt is
    counted before the password is hashed: of many at once, only as many are hashed at a time as may fail, and a refused one costs
    no hash. A LoginRefused event records each refusal.
    """

    def __init__(self, verifier: PasswordVerifier, attempts: AttemptRepository) -> None:
        self._verifier = verifier
        self._attempts = attempts

    async def __call__(self, username: str, user: User | None, address: str, password: str) -> bool:
        """Return whether the user exists, is enabled and has this password.

        Raises TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        attempt = Attempt.at(username, address, None if user is None else str(user.id))
        password_hash = user.password_hash if user is not None and user.is_enabled else None
        await self._attempts.reserve(attempt)
        try:
            is_right = await self._verifier.verify(prepare_to_verify(password), password_hash)
        except BusyError:
            await self._attempts.release(attempt)
            raise
        if is_right:
            await self._attempts.succeed(attempt)
        else:
            await self._attempts.fail(attempt, _find_reason(user))
        return is_right


def _find_reason(user: User | None) -> Refusal:
    if user is None:
        return Refusal.UNKNOWN_USER
    return Refusal.WRONG_PASSWORD if user.is_enabled else Refusal.USER_DISABLED
