"""Users in Tarantool's space `users`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.exceptions import UsernameTakenError
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.username import Username
from shared_kernel.infrastructure.tarantool import TarantoolConnection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class TarantoolUserRepository:
    """Implements UserRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def add(self, user: User) -> None:
        """Insert a user. Raises UsernameTakenError."""
        inserted = await self._tarantool.call(
            "users.register",
            [
                [
                    str(user.id),
                    user.username.key,
                    user.username.value,
                    user.password_hash,
                    user.first_name.value,
                    user.last_name.value,
                    user.role.value,
                    (user.created_at - EPOCH) // MICROSECOND,
                ]
            ],
        )
        if not inserted:
            raise UsernameTakenError

    async def find_by_username(self, key: str) -> User | None:
        """Return the user with this username key."""
        return to_user(await self._tarantool.find("users", key, index="username_key"))

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        return to_user(await self._tarantool.find("users", user_id, index="id"))


def to_user(stored: Any | None) -> User | None:
    """Return the user that a tuple of the space `users` is."""
    if stored is None:
        return None
    user_id, _, username, password_hash, first_name, last_name, role, created_at = stored
    return User(
        id=UUID(user_id),
        username=Username(username),
        password_hash=password_hash,
        first_name=PersonName(first_name),
        last_name=PersonName(last_name),
        role=Role(role),
        created_at=EPOCH + created_at * MICROSECOND,
    )
