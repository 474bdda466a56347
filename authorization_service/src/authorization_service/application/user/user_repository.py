"""Where users are kept."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import NoSuchUserError
from authorization_service.domain.value_objects.username import Username
from shared_kernel.domain.grants import Grant


class UserRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach.

    A change is kept whole or not at all: the user, the end of sessions and tokens, and the user's events.
    """

    async def add(self, user: User, grants: Iterable[Grant] = ()) -> None:
        """Keep a new user and what it may do. Raises UsernameTakenError if the name is taken in any case of its letters."""
        ...

    async def change(self, user: User, *, ends_sessions: bool = False, kept_session_id: str | None = None) -> bool:
        """Keep a changed user and end its sessions, if told so, but the one that is kept.

        False, and nothing changed, if the user is gone or not what it was when it was read. Raises LastAdministratorError if no
        enabled administrator would be left.
        """
        ...

    async def remove(self, user: User) -> bool:
        """Remove a user with its memberships, grants and sessions. Promises and raises what `change` does."""
        ...

    async def has_administrator(self) -> bool:
        """Tell whether there is an enabled administrator. Once there is one, there always is."""
        ...

    async def find_by_username(self, key: str) -> User | None:
        """Return the user whose `username.key` this is."""
        ...

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        ...

    async def list(self, prefix: str, after: str, most: int) -> Sequence[User]:
        """Return up to `most` users whose username keys begin with `prefix` and stand behind `after`, by username key."""
        ...


async def find_named(users: UserRepository, username: str) -> User | None:
    """Return the user of this name, in any case of its letters. The store is not asked for what nobody can be called."""
    if any(Username.find_violations(username)):
        return None
    return await users.find_by_username(username.lower())


async def get_named(users: UserRepository, username: str) -> User:
    """Return the user of this name. Raises NoSuchUserError where there is none."""
    user = await find_named(users, username)
    if user is None:
        raise NoSuchUserError
    return user
