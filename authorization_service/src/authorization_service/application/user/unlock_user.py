"""Letting somebody log in again whose password others have guessed at."""

from collections.abc import Callable
from datetime import datetime

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.domain_event import Actor
from authorization_service.domain.events.people import UserUnlocked


class UnlockUser:
    """For administrators."""

    def __init__(self, users: UserRepository, attempts: AttemptRepository, now: Callable[[], datetime]) -> None:
        self._users = users
        self._attempts = attempts
        self._now = now

    async def __call__(self, by: Actor, username: str) -> None:
        """Forget the failed attempts at a user's password. `by` is the administrator.

        Raises NoSuchUserError or StoreUnavailableError.
        """
        user = await get_named(self._users, username)
        unlocked = UserUnlocked(user_id=str(user.id), occurred_at=self._now(), by=by)
        await self._attempts.unlock(user.username.value, [unlocked])
