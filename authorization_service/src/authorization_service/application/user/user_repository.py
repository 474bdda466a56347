"""Where users are kept."""

from typing import Protocol

from authorization_service.domain.entities.user import User


class UserRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach."""

    async def add(self, user: User) -> None:
        """Keep a new user. Raises UsernameTakenError, and keeps nothing, if the name is taken in any case of its letters."""
        ...

    async def find_by_username(self, key: str) -> User | None:
        """Return the user whose `username.key` this is."""
        ...

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        ...
