"""People of the community: profiles and roles."""

from typing import Any

from coffee.core.errors import NotFoundError
from coffee.core.security import Role
from coffee.db import keys
from coffee.db.models.user import User
from coffee.services.pages import Page, Part, read_page
from key_value_client import AsyncNamespace, KeyMissing, Pair
from key_value_client.authentication import Caller
from key_value_client.turns import Turns


class UserService:
    """What may be done with profiles."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace
        self._turns = Turns()

    async def ensure(self, caller: Caller) -> User:
        """Return the caller's profile, which the first request makes.

        Administrators of the authorization service are administrators here, so there is always one who can give roles.
        """
        user = await self._find(caller.subject) or await self._add(caller)
        return user.model_copy(update={"role": "administrator"}) if caller.is_administrator else user

    async def get(self, user_id: str) -> User:
        """Return a profile. Raises NotFoundError."""
        user = await self._find(user_id)
        if user is None:
            raise NotFoundError(f"There is no user {user_id}.")
        return user

    async def change(self, user_id: str, changes: dict[str, Any]) -> User:
        """Merge changes into a profile. Raises NotFoundError."""
        if changes:
            try:
                await self._namespace.patch(keys.user(user_id), changes)
            except KeyMissing as error:
                raise NotFoundError(f"There is no user {user_id}.") from error
        return await self.get(user_id)

    async def give_role(self, user_id: str, role: Role) -> User:
        """Give a user a role instead of the one that it has; it counts from the next request on. Raises NotFoundError."""
        return await self.change(user_id, {"role": role})

    async def list_page(self, prefix: str, role: Role | None, part: Part, *, reverse: bool) -> Page[User]:
        """Return users whose names begin with a prefix, of all roles or one, by name."""

        async def load(pairs: list[Pair[Any]]) -> list[User | None]:
            found = await self._namespace.get_many([keys.user(pair.value) for pair in pairs])
            members = (found.get(keys.user(pair.value)) for pair in pairs)
            users = [None if each is None else User.model_validate(each) for each in members]
            return [user if user is not None and role in (None, user.role) else None for user in users]

        return await read_page(self._namespace, keys.username(prefix), load, part, reverse=reverse)

    async def _find(self, user_id: str) -> User | None:
        members = await self._namespace.get(keys.user(user_id), None)
        return None if members is None else User.model_validate(members)

    async def _add(self, caller: Caller) -> User:
        user = User(id=caller.subject, username=caller.username, name=caller.name)

        async def attempt() -> User | None:
            async with self._namespace.transaction() as tx:
                tx.when(keys.user(user.id), exists=False)
                tx.write(keys.user(user.id), user.model_dump())
                tx.write(keys.username(user.username), user.id)
            return user if tx.succeeded else await self._find(user.id)

        return await self._turns.until_done(user.id, attempt)
