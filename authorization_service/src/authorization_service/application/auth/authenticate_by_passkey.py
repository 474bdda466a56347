"""Authentication of users by a passkey, without a name or a password."""

from dataclasses import dataclass, field

from authorization_service.application.auth.authenticate import AuthenticatedUser
from authorization_service.application.auth.check_second_factor import CheckSecondFactor, PasskeyResponse
from authorization_service.application.clock import Now
from authorization_service.application.factor.challenge_repository import Challenge, ChallengeRepository, Purpose
from authorization_service.application.factor.enrol_passkey import PasskeyChallenge
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.passkeys import JsonObject, PasskeyVerifier
from authorization_service.application.user.user_repository import UserRepository
from authorization_service.domain.entities.factor import Factor
from authorization_service.domain.exceptions import PasskeysUnavailableError, WrongPasskeyError
from authorization_service.domain.value_objects.authentication import Authentication, Method
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo

# The key, and the PIN or biometrics with which its authenticator has verified the user: two factors.
METHODS = (Method.KEY, Method.MULTI_FACTOR)


class BeginPasskeyLogin:
    """Make a challenge that any passkey may answer. Public."""

    def __init__(self, challenges: ChallengeRepository, passkeys: PasskeyVerifier) -> None:
        self._challenges = challenges
        self._passkeys = passkeys

    async def __call__(self) -> PasskeyChallenge:
        """Return the challenge. Raises PasskeysUnavailableError, StoreUnavailableError or StoreFullError."""
        if not self._passkeys.is_available:
            raise PasskeysUnavailableError
        challenge = OneTimeToken.new()
        await self._challenges.put(challenge, Purpose.PASSKEY_LOGIN, Challenge("", {}))
        return PasskeyChallenge(challenge.text, self._passkeys.describe_assertion((), challenge.text))


@dataclass(frozen=True, slots=True)
class PasskeyCredentials:
    """A challenge, and the browser's response to it."""

    challenge: str
    response: JsonObject = field(repr=False)
    client: ClientInfo = UNKNOWN_CLIENT


class AuthenticateByPasskey:
    """Authenticate a user by a passkey that has verified the user itself. Public: the signature is the proof."""

    def __init__(
        self,
        users: UserRepository,
        factors: FactorRepository,
        check_second_factor: CheckSecondFactor,
        challenges: ChallengeRepository,
        passkeys: PasskeyVerifier,
        now: Now,
    ) -> None:
        self._users = users
        self._factors = factors
        self._check_second_factor = check_second_factor
        self._challenges = challenges
        self._passkeys = passkeys
        self._now = now

    async def __call__(self, credentials: PasskeyCredentials) -> AuthenticatedUser:
        """Return the user. The challenge is used up, whatever comes of it.

        Raises WrongPasskeyError, TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        token = OneTimeToken.parse(credentials.challenge)
        if token is None or await self._challenges.take(token, Purpose.PASSKEY_LOGIN) is None:
            raise WrongPasskeyError
        passkey = await self._find(credentials.response)
        user = await self._users.find_by_id(str(passkey.user_id))
        if user is None or not user.is_enabled:
            raise WrongPasskeyError
        proof = PasskeyResponse(credentials.challenge, credentials.response)
        if await self._check_second_factor.check_passkey(user, passkey, proof, credentials.client.address) is None:
            raise WrongPasskeyError
        return AuthenticatedUser(user, Authentication(self._now(), tuple(map(str, METHODS))))

    async def _find(self, response: JsonObject) -> Factor:
        credential_id = self._passkeys.read_credential_id(response)
        passkey = None if credential_id is None else await self._factors.find_passkey(credential_id)
        if passkey is None:
            raise WrongPasskeyError
        return passkey
