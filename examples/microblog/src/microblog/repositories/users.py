"""Profiles, and who follows whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from key_value_client import AsyncNamespace
from microblog.models.user import Profile
from microblog.repositories import keys
from microblog.utils.pagination import Page, Slice

COUNTERS = ("tweets", "followers", "following")


@dataclass(frozen=True)
class Counts:
    """Counters of a user, each changed in the same transaction as what it counts."""

    tweets: int = 0
    followers: int = 0
    following: int = 0


class UserRepository:
    """Pairs under `profiles/`, `usernames/`, `following/`, `followers/` and `counts/`."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace

    async def find(self, user_id: str) -> Profile | None:
        """Return a user's profile, if there is one."""
        members = await self._namespace.get(keys.profile(user_id), None)
        return None if members is None else Profile.model_validate(members)

    async def find_many(self, user_ids: Iterable[str]) -> dict[str, Profile]:
        """Return the profiles that exist, by id."""
        found = await self._namespace.get_many([keys.profile(user_id) for user_id in dict.fromkeys(user_ids)])
        profiles = [Profile.model_validate(members) for members in found.values()]
        return {profile.id: profile for profile in profiles}

    async def add(self, profile: Profile) -> Profile:
        """Add a profile unless the user has one; return the one that there is."""
        async with self._namespace.transaction() as tx:
            tx.when(keys.profile(profile.id), exists=False)
            tx.write(keys.profile(profile.id), profile.model_dump())
            tx.write(keys.username(profile.username), profile.id)
            there = tx.otherwise.read(keys.profile(profile.id))
        return profile if tx.succeeded or there.result is None else Profile.model_validate(there.result.value)

    async def change(self, user_id: str, changes: dict[str, str]) -> Profile:
        """Merge changes into a profile, which exists."""
        await self._namespace.patch(keys.profile(user_id), changes)
        return Profile.model_validate(await self._namespace.get(keys.profile(user_id)))

    async def count(self, user_id: str) -> Counts:
        """Return the counters of a user."""
        names = {keys.count(user_id, what): what for what in COUNTERS}
        found = await self._namespace.get_many(names)
        return Counts(**{names[key]: value for key, value in found.items()})

    async def list_by_name(self, prefix: str, part: Slice, *, reverse: bool = False) -> Page[Profile]:
        """Return users whose names begin with a prefix, by name."""
        found = await self._namespace.page(keys.username(prefix), limit=part.limit, cursor=part.cursor, reverse=reverse)
        profiles = await self.find_many(pair.value for pair in found.pairs)
        return Page([profiles[pair.value] for pair in found.pairs if pair.value in profiles], found.next_cursor)

    async def follow(self, follower: str, followee: str) -> bool:
        """Follow a user; return whether that is new."""
        async with self._namespace.transaction() as tx:
            tx.when(keys.following(follower, followee), exists=False)
            tx.write(keys.following(follower, followee), True)
            tx.write(keys.follower(followee, follower), True)
            tx.increment(keys.count(follower, "following"))
            tx.increment(keys.count(followee, "followers"))
        return tx.succeeded

    async def unfollow(self, follower: str, followee: str) -> bool:
        """Follow a user no longer; return whether that is new."""
        async with self._namespace.transaction() as tx:
            tx.when(keys.following(follower, followee), exists=True)
            tx.delete(keys.following(follower, followee))
            tx.delete(keys.follower(followee, follower))
            tx.increment(keys.count(follower, "following"), -1)
            tx.increment(keys.count(followee, "followers"), -1)
        return tx.succeeded

    async def is_following(self, follower: str, followee: str) -> bool:
        """Return whether one follows the other."""
        return await self._namespace.find(keys.following(follower, followee)) is not None

    async def list_following(self, user_id: str, prefix: str, part: Slice, *, reverse: bool = False) -> Page[Profile]:
        """Return those whom a user follows and whose names begin with a prefix, by id."""
        return await self._list_people(keys.following(user_id), prefix, part, reverse=reverse)

    async def list_followers(self, user_id: str, prefix: str, part: Slice, *, reverse: bool = False) -> Page[Profile]:
        """Return those who follow a user and whose names begin with a prefix, by id."""
        return await self._list_people(keys.follower(user_id), prefix, part, reverse=reverse)

    async def all_following(self, user_id: str) -> list[str]:
        """Return the ids of all whom a user follows."""
        prefix = keys.following(user_id)
        return [pair.key.removeprefix(prefix) async for pair in self._namespace.scan(prefix, values=False)]

    async def _list_people(self, place: str, prefix: str, part: Slice, *, reverse: bool) -> Page[Profile]:
        """Return a page of the people whose ids are below a place; those whom the prefix leaves out are made up for."""
        people: list[Profile] = []
        cursor = part.cursor
        while True:
            limit = part.limit - len(people)
            found = await self._namespace.page(place, values=False, limit=limit, cursor=cursor, reverse=reverse)
            profiles = (await self.find_many(pair.key.removeprefix(place) for pair in found.pairs)).values()
            people += [profile for profile in profiles if profile.username.lower().startswith(prefix.lower())]
            cursor = found.next_cursor
            if cursor is None or len(people) == part.limit:
                return Page(people, cursor)
