"""Registration of users."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from authorization_service.application.clock import Now
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.events.people import UserRegistered
from authorization_service.domain.password_rules import PasswordRules
from authorization_service.domain.value_objects.password import Password
from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.username import Username
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import refuse_if_broken


class PasswordHasher(Protocol):
    """The port for hashing passwords."""

    async def hash(self, password: str) -> str:
        """Return a salted, slow hash. Raises BusyError if too many are waiting."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterUserRequest:
    """A user to register."""

    username: str
    password: str = field(repr=False)
    first_name: str
    last_name: str | None = None
    role: Role = Role.MEMBER


class RegisterUser:
    """Register a user with the configured grants. Public; only start-up and the operator register administrators."""

    def __init__(
        self,
        users: UserRepository,
        rules: PasswordRules,
        hasher: PasswordHasher,
        new_id: Callable[[], UUID],
        now: Now,
        grants: Sequence[Grant] = (),
    ) -> None:
        self._users = users
        self._rules = rules
        self._hasher = hasher
        self._new_id = new_id
        self._now = now
        self._grants = grants

    async def __call__(self, request: RegisterUserRequest) -> User:
        """Store a new user and return it.

        Raises RulesBrokenError with every broken rule, UsernameTakenError, BusyError, StoreUnavailableError or
        StoreFullError.
        """
        refuse_if_broken(
            Username.find_violations(request.username),
            self._rules.find_violations(request.password, request.username),
            PersonName.find_violations(request.first_name, "first_name"),
            PersonName.find_violations(request.last_name, "last_name") if request.last_name is not None else (),
        )
        user_id, password_hash, now = self._new_id(), await self._hasher.hash(Password(request.password).value), self._now()
        user = User(
            id=user_id,
            username=Username(request.username),
            password_hash=password_hash,
            first_name=PersonName(request.first_name),
            last_name=None if request.last_name is None else PersonName(request.last_name),
            role=request.role,
            created_at=now,
            events=(UserRegistered(user_id=str(user_id), occurred_at=now, username=request.username, role=request.role),),
        )
        await self._users.add(user, self._grants)
        return user
