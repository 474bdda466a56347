"""The port for storing users."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import NoSuchUserError
from authorization_service.domain.value_objects.username import Username
from shared_kernel.domain.grants import Grant


class UserRepository(Protocol):
    """All methods raise StoreUnavailableError.

    A change is one transaction: the user, the end of sessions and tokens, and the user's events.
    """

    async def add(self, user: User, grants: Iterable[Grant] = ()) -> None:
        """Add a user with its grants. Raises UsernameTakenError if the name is in use, without regard to case."""
        ...

    async def change(self, user: User, *, ends_sessions: bool = False, kept_session_id: str | None = None) -> bool:
        """Store a changed user. If `ends_sessions`, end its sessions except the kept one.

        Returns False, and changes nothing, if the user was changed or deleted since it was read. Raises LastAdministratorError if
        no enabled administrator would remain.
        """
        ...

    async def remove(self, user: User) -> bool:
        """Delete a user with its memberships, grants and sessions. Returns and raises what `change` does."""
        ...

    async def has_administrator(self) -> bool:
        """Return whether there is an enabled administrator. Once there is one, there always is."""
        ...

    async def find_by_username(self, key: str) -> User | None:
        """Return the user with this `username.key`, or None."""
        ...

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id, or None."""
        ...

    async def list(self, prefix: str, after: str, most: int) -> Sequence[User]:
        """Return up to `most` users whose username keys begin with `prefix` and come after `after`, ordered by username key."""
        ...


async def find_named(users: UserRepository, username: str) -> User | None:
    """Return the user of this name, in any case of its letters, or None. Does not ask the store for an invalid name."""
    if any(Username.find_violations(username)):
        return None
    return await users.find_by_username(username.lower())


async def get_named(users: UserRepository, username: str) -> User:
    """Return the user of this name. Raises NoSuchUserError."""
    user = await find_named(users, username)
    if user is None:
        raise NoSuchUserError
    return user


async def get_by_id(users: UserRepository, user_id: str) -> User:
    """Return the user with this id. Raises NoSuchUserError."""
    user = await users.find_by_id(user_id)
    if user is None:
        raise NoSuchUserError
    return user
