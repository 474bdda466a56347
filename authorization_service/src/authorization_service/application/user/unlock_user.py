"""Unlocking of a user after failed login attempts."""

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository, get_named
from authorization_service.domain.events.people import UserUnlocked


class UnlockUser:
    """Reset the failed login attempts of a user. Requires an administrator."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        users: UserRepository,
        attempts: AttemptRepository,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._users = users
        self._attempts = attempts
        self._now = now

    async def __call__(self, principal: Principal, username: str) -> None:
        """Reset the user's failed attempts from all addresses.

        Raises NoSuchUserError or StoreUnavailableError.
        """
        by = await self._require_administrator(principal)
        user = await get_named(self._users, username)
        unlocked = UserUnlocked(user_id=str(user.id), occurred_at=self._now(), by=by)
        await self._attempts.unlock(user.username.value, [unlocked])
