"""Letting somebody log in again whose password others have guessed at."""

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.user.user_repository import UserRepository, get_named


class UnlockUser:
    """For administrators."""

    def __init__(self, users: UserRepository, attempts: AttemptRepository) -> None:
        self._users = users
        self._attempts = attempts

    async def __call__(self, username: str) -> None:
        """Forget the failed attempts at a user's password. Raises NoSuchUserError or StoreUnavailableError."""
        user = await get_named(self._users, username)
        await self._attempts.unlock(user.username.value)
