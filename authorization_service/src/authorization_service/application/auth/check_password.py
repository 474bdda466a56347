"""The one way to look at a password that somebody claims to know."""

from typing import Protocol

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.domain.attempts import Attempt
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.sessions import Refusal
from authorization_service.domain.value_objects.password import prepare_to_verify
from shared_kernel.application.availability import BusyError


class PasswordVerifier(Protocol):
    """Compares passwords with what is stored."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password is the hashed one; False, after the same work, where there is no hash.

        Raises BusyError if too many are waiting.
        """
        ...


class CheckPassword:
    """Guards passwords against guessing, as AttemptPolicy says.

    Whatever asks for a password (a login, /token, changing the password, deleting oneself) asks here, and never a
    PasswordVerifier itself:

        if not await check_password(request.username, user, origin.address, request.password):
            raise WrongCredentialsError

    For a name that nobody has, `user` is None: the call counts and costs the same, and so it does for a disabled user. The
    attempt is counted before the password is hashed, so of many at once only as many are hashed as may fail; a refused one costs
    no hash. Whoever is refused is told by LoginRefused.
    """

    def __init__(self, verifier: PasswordVerifier, attempts: AttemptRepository) -> None:
        self._verifier = verifier
        self._attempts = attempts

    async def __call__(self, username: str, user: User | None, address: str, password: str) -> bool:
        """Tell whether this is the password of the enabled user who has this name.

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
