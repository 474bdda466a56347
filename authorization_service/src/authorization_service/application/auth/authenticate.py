"""Authentication of users, by password and by the second factor of those that have one."""

from dataclasses import dataclass, field
from typing import NamedTuple

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.auth.check_second_factor import CheckSecondFactor, PasskeyResponse, Proof
from authorization_service.application.clock import Now
from authorization_service.application.factor.challenge_repository import LIFETIMES, Challenge, ChallengeRepository, Purpose
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.passkeys import JsonObject, PasskeyVerifier
from authorization_service.application.user.user_repository import UserRepository, find_named
from authorization_service.domain.entities.factor import FactorKind, Factors
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import (
    InvalidMfaTokenError,
    SecondFactorRequiredError,
    WrongCodeError,
    WrongCredentialsError,
)
from authorization_service.domain.value_objects.authentication import Authentication, Method, combine
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo

RECOVERY_CODE = "recovery_code"
_PASSWORD_HASH = "password_hash"  # noqa: S105 - a name
_PASSKEY_CHALLENGE = "passkey_challenge"


class AuthenticatedUser(NamedTuple):
    """A user, as it was when it authenticated, and how it did."""

    user: User
    authentication: Authentication


@dataclass(frozen=True, slots=True)
class PasswordCredentials:
    """A name and a password as submitted."""

    username: str
    password: str = field(repr=False)
    client: ClientInfo = UNKNOWN_CLIENT


@dataclass(frozen=True, slots=True)
class SecondFactorCredentials:
    """The token of a login whose first step has succeeded, and a code, or a passkey's response, for the second one."""

    mfa_token: str = field(repr=False)
    proof: str | JsonObject = field(repr=False)
    client: ClientInfo = UNKNOWN_CLIENT


class AuthenticateByPassword:
    """Authenticate a user by password, the first step of those that have a second factor.

    Public; response and timing do not reveal whether the user exists.
    """

    def __init__(
        self,
        users: UserRepository,
        check_password: CheckPassword,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        passkeys: PasskeyVerifier,
        now: Now,
    ) -> None:
        self._users = users
        self._check_password = check_password
        self._factors = factors
        self._challenges = challenges
        self._passkeys = passkeys
        self._now = now

    async def __call__(self, credentials: PasswordCredentials) -> AuthenticatedUser:
        """Return the user.

        Raises SecondFactorRequiredError, with the token of the second step, if the user has a second factor;
        WrongCredentialsError, TooManyAttemptsError, BusyError, StoreUnavailableError or StoreFullError.
        """
        user = await find_named(self._users, credentials.username)
        verified = await self._check_password(credentials.username, user, credentials.client.address, credentials.password)
        if user is None or not verified:
            raise WrongCredentialsError
        factors = await self._factors.find_of_user(str(user.id))
        if factors:
            raise await self._begin_second_step(user, factors)
        return AuthenticatedUser(user, Authentication(self._now(), (Method.PASSWORD,)))

    async def _begin_second_step(self, user: User, factors: Factors) -> SecondFactorRequiredError:
        token, passkey_challenge = OneTimeToken.new(), OneTimeToken.new()
        data = {_PASSWORD_HASH: user.password_hash, _PASSKEY_CHALLENGE: passkey_challenge.text}
        await self._challenges.put(token, Purpose.LOGIN, Challenge(str(user.id), data))
        kinds = [*map(str, factors.kinds), *([RECOVERY_CODE] if factors.recovery_codes_left else [])]
        passkeys = factors.of_kind(FactorKind.PASSKEY)
        options = self._passkeys.describe_assertion(passkeys, passkey_challenge.text) if passkeys else None
        return SecondFactorRequiredError(token.text, int(LIFETIMES[Purpose.LOGIN].total_seconds()), kinds, options)


class AuthenticateBySecondFactor:
    """Authenticate a user by the second factor, after the password. Public: the token is the proof of the first step."""

    def __init__(
        self, users: UserRepository, check_second_factor: CheckSecondFactor, challenges: ChallengeRepository, now: Now
    ) -> None:
        self._users = users
        self._check_second_factor = check_second_factor
        self._challenges = challenges
        self._now = now

    async def __call__(self, credentials: SecondFactorCredentials) -> AuthenticatedUser:
        """Return the user. The token is used up; after a wrong code, another one may be tried with it.

        Raises InvalidMfaTokenError, WrongCodeError, TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        token = OneTimeToken.parse(credentials.mfa_token)
        challenge = None if token is None else await self._challenges.find(token, Purpose.LOGIN)
        if token is None or challenge is None:
            raise InvalidMfaTokenError
        user = await self._users.find_by_id(challenge.user_id)
        if user is None or not user.is_enabled or user.password_hash != challenge.data[_PASSWORD_HASH]:
            raise InvalidMfaTokenError
        submitted = credentials.proof
        proof: Proof = submitted if isinstance(submitted, str) else PasskeyResponse(challenge.data[_PASSKEY_CHALLENGE], submitted)
        method = await self._check_second_factor(user, proof, credentials.client.address)
        if method is None:
            raise WrongCodeError
        if await self._challenges.take(token, Purpose.LOGIN) is None:
            raise InvalidMfaTokenError  # used at the same time with another code
        return AuthenticatedUser(user, Authentication(self._now(), combine([Method.PASSWORD], [method])))
