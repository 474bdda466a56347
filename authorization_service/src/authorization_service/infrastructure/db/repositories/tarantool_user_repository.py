"""Users in Tarantool's space `users`."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.profile import Profile
from authorization_service.domain.value_objects.username import Username
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS, is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.domain.grants import Grant
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolUserRepository:
    """Implements UserRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def add(self, user: User, grants: Iterable[Grant] = ()) -> None:
        """Insert a user and its grants. Raises UsernameTakenError."""
        arguments = [_to_tuple(user), [str(grant) for grant in grants], to_stored(user.events)]
        unwrap(await self._tarantool.call("users.register", arguments), REFUSALS)

    async def change(self, user: User, *, ends_sessions: bool = False, kept_session_id: str | None = None) -> bool:
        """Replace a user. Return False if it was changed or deleted since it was read. Raises LastAdministratorError."""
        arguments = [_to_tuple(user), ends_sessions, kept_session_id, to_stored(user.events)]
        return is_changed(await self._tarantool.call("users.change", arguments))

    async def remove(self, user: User) -> bool:
        """Delete a user. Return False if it was changed or deleted since it was read. Raises LastAdministratorError."""
        return is_changed(await self._tarantool.call("users.delete", [str(user.id), user.revision, to_stored(user.events)]))

    async def has_administrator(self) -> bool:
        """Return whether there is an enabled administrator."""
        return bool(await self._tarantool.call("users.has_administrator", []))

    async def find_by_username(self, key: str) -> User | None:
        """Return the user with this username key."""
        return await self._find(key, "username_key")

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        return await self._find(user_id, "id")

    async def _find(self, key: str, index: str) -> User | None:
        stored = await self._tarantool.find("users", key, index=index)
        return None if stored is None else to_user(stored)

    async def list(self, prefix: str, after: str, most: int) -> Sequence[User]:
        """Return up to `most` users by username key: those with this prefix, after the key `after`."""
        return [to_user(stored) for stored in await self._tarantool.call("users.list", [prefix, after, most])]


def _to_tuple(user: User) -> list[Any]:
    return [
        str(user.id),
        user.username.key,
        user.username.value,
        user.password_hash,
        user.first_name.value,
        None if user.last_name is None else user.last_name.value,
        user.role.value,
        (user.created_at - EPOCH) // MICROSECOND,
        user.is_enabled,
        user.profile.text,
        user.revision,
    ]


def to_user(stored: Any) -> User:
    """Return the user of a tuple of the space `users`."""
    user_id, _, username, password_hash, first_name, last_name, role, created_at, is_enabled, profile, revision = stored
    return User(
        id=UUID(user_id),
        username=Username(username),
        password_hash=password_hash,
        first_name=PersonName(first_name),
        last_name=None if last_name is None else PersonName(last_name),
        role=Role(role),
        created_at=EPOCH + created_at * MICROSECOND,
        is_enabled=is_enabled,
        profile=Profile(profile),
        revision=revision,
    )
