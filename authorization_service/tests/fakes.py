"""The ports of authorization_service, in memory."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from authorization_service.application.auth.log_in import AccessToken
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.exceptions import UsernameTakenError
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.username import Username
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError

GOOD_PASSWORD = "Correct-horse-7"
NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


def make_user(
    username: str = "anna",
    *,
    user_id: UUID | None = None,
    password_hash: str = f"hash of {GOOD_PASSWORD}",
    first_name: str = "Anna",
    last_name: str = "Petrova",
    role: Role = Role.MEMBER,
    created_at: datetime = NOON,
) -> User:
    """Return a user who obeys all rules."""
    return User(
        id=user_id or uuid4(),
        username=Username(username),
        password_hash=password_hash,
        first_name=PersonName(first_name),
        last_name=PersonName(last_name),
        role=role,
        created_at=created_at,
    )


class InMemoryUserRepository:
    """Implements UserRepository."""

    def __init__(self, users: Iterable[User] = ()) -> None:
        self.is_available = True
        self.is_full = False
        self._users = {user.username.key: user for user in users}

    def __len__(self) -> int:
        return len(self._users)

    async def add(self, user: User) -> None:
        """Keep a new user."""
        self._refuse_if_unavailable()
        if user.username.key in self._users:
            raise UsernameTakenError
        if self.is_full:
            raise StoreFullError
        self._users[user.username.key] = user

    async def find_by_username(self, key: str) -> User | None:
        """Return the user with this username key."""
        self._refuse_if_unavailable()
        return self._users.get(key)

    async def find_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        self._refuse_if_unavailable()
        return next((user for user in self._users.values() if str(user.id) == user_id), None)

    def _refuse_if_unavailable(self) -> None:
        if not self.is_available:
            raise StoreUnavailableError


class RecordingPasswordHasher:
    """Implements PasswordHasher and PasswordVerifier without any slowness, and remembers what it was asked."""

    def __init__(self) -> None:
        self.is_busy = False
        self.hashed: list[str] = []
        self.verified: list[tuple[str, str | None]] = []

    async def hash(self, password: str) -> str:
        """Return something that stands for a hash."""
        if self.is_busy:
            raise BusyError
        self.hashed.append(password)
        return f"hash of {password}"

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether `hash` would return this hash."""
        if self.is_busy:
            raise BusyError
        self.verified.append((password, password_hash))
        return password_hash == f"hash of {password}"


class NamingAccessTokenIssuer:
    """Implements AccessTokenIssuer with tokens that say whose they are."""

    def issue(self, user: User) -> AccessToken:
        """Return a token for the user."""
        return AccessToken(f"token of {user.username.value}", 900)
