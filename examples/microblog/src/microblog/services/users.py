"""People, and who follows whom."""

from key_value_client.authentication import Caller
from microblog.models.user import Profile
from microblog.repositories.users import Counts, UserRepository

MAX_FOLLOWING = 1000


class UserMissingError(Exception):
    """There is no such user."""


class FollowingRefusedError(Exception):
    """Nobody follows themselves, or more than `MAX_FOLLOWING` others. The message says which."""


class UserService:
    """What may be done with profiles."""

    def __init__(self, users: UserRepository) -> None:
        self._users = users

    async def ensure(self, caller: Caller) -> Profile:
        """Return the caller's profile, which the first request makes."""
        found = await self._users.find(caller.subject)
        return found or await self._users.add(Profile(id=caller.subject, username=caller.username, name=caller.name))

    async def find(self, user_id: str) -> Profile:
        """Return a profile. Raises UserMissingError."""
        found = await self._users.find(user_id)
        if found is None:
            raise UserMissingError
        return found

    async def describe(self, caller: Caller, user_id: str) -> tuple[Profile, Counts, bool]:
        """Return a profile, its counters, and whether the caller follows it. Raises UserMissingError."""
        profile = await self.find(user_id)
        return profile, await self._users.count(user_id), await self._users.is_following(caller.subject, user_id)

    async def follow(self, caller: Caller, user_id: str) -> None:
        """Follow a user; twice is the same as once. Raises UserMissingError, FollowingRefusedError."""
        await self.find(user_id)
        if user_id == caller.subject:
            raise FollowingRefusedError("Nobody follows themselves.")
        if (await self._users.count(caller.subject)).following >= MAX_FOLLOWING:
            raise FollowingRefusedError(f"You follow {MAX_FOLLOWING} others already, which is the limit.")
        await self._users.follow(caller.subject, user_id)

    async def unfollow(self, caller: Caller, user_id: str) -> None:
        """Follow a user no longer. Raises UserMissingError."""
        if not await self._users.unfollow(caller.subject, user_id):
            await self.find(user_id)
