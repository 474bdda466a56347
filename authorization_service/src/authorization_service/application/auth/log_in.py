"""Logging in."""

from dataclasses import dataclass, field
from typing import Protocol

from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import WrongCredentialsError
from authorization_service.domain.value_objects.password import LONGEST, LONGEST_TYPED, normalize_password


class PasswordVerifier(Protocol):
    """Compares passwords with what is stored."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password is the hashed one; False, after the same work, where there is no hash.

        Raises BusyError if too many are waiting.
        """
        ...


class AccessTokenIssuer(Protocol):
    """Signs access tokens."""

    def issue(self, user: User) -> "AccessToken":
        """Return a new token for the user."""
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and the seconds it is valid for."""

    token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """What someone claims."""

    username: str
    password: str = field(repr=False)


class LogIn:
    """Anyone may try. The answer and its time tell nothing about whether the username exists."""

    def __init__(self, users: UserRepository, verifier: PasswordVerifier, issuer: AccessTokenIssuer) -> None:
        self._users = users
        self._verifier = verifier
        self._issuer = issuer

    async def __call__(self, request: LogInRequest) -> AccessToken:
        """Return an access token. Raises WrongCredentialsError, BusyError or StoreUnavailableError."""
        user = await self._users.find_by_username(request.username.lower())
        # Too long a password is cut to one that nobody can have, so that hashing it costs what hashing any other does.
        password = normalize_password(request.password[: LONGEST_TYPED + 1])[: LONGEST + 1]
        verified = await self._verifier.verify(password, user.password_hash if user else None)
        if user is None or not verified:
            raise WrongCredentialsError
        return self._issuer.issue(user)
