"""Confirmation of operations for which a stolen access token must not be enough: by password and second factor, or by passkey."""

from dataclasses import dataclass, field

from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.auth.check_second_factor import CheckSecondFactor, PasskeyResponse
from authorization_service.application.factor.challenge_repository import ChallengeRepository, Purpose
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import (
    CodeNotConfirmedError,
    CodeRequiredError,
    WrongPasskeyError,
    WrongPasswordError,
)
from authorization_service.domain.value_objects.authentication import Method, combine
from authorization_service.domain.value_objects.one_time_token import OneTimeToken


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a logged-in user enters to confirm an operation, and the client's address. `passkey` is a response to a challenge
    that the user got for a confirmation, in place of password and code. `password_field` is the password's name in the request.
    """

    password: str = field(repr=False)
    code: str | None = field(repr=False)
    address: str
    passkey: PasskeyResponse | None = None
    password_field: str = "password"  # noqa: S105 - a name


class ConfirmIdentity:
    """Require the password of a logged-in user, and a code of one that has a second factor; or a passkey that verifies the user.

    For use cases on the caller's own account.
    """

    def __init__(
        self,
        check_password: CheckPassword,
        factors: FactorRepository,
        check_second_factor: CheckSecondFactor,
        challenges: ChallengeRepository,
    ) -> None:
        self._check_password = check_password
        self._factors = factors
        self._check_second_factor = check_second_factor
        self._challenges = challenges

    async def __call__(
        self,
        user: User,
        confirmation: Confirmation,
        *,
        second_factor_is_proved: bool = False,
        password_field: str = "password",  # noqa: S107 - a name
    ) -> tuple[str, ...]:
        """Return the methods by which the user has authenticated.

        A code, or a passkey's response, is good for one use: where an operation begins again since the user has changed
        meanwhile, `second_factor_is_proved` says that it was accepted. `password_field` is the password's name in the request.

        Raises WrongPasswordError, CodeRequiredError, CodeNotConfirmedError, WrongPasskeyError, TooManyAttemptsError, BusyError or
        StoreUnavailableError.
        """
        address = confirmation.address
        if confirmation.passkey is not None:
            if not second_factor_is_proved:
                await self._require_passkey(user, confirmation.passkey, address)
            return (Method.KEY, Method.MULTI_FACTOR)
        if not await self._check_password(user.username.key, user, address, confirmation.password):
            raise WrongPasswordError(password_field)
        if second_factor_is_proved or not await self._factors.find_of_user(str(user.id)):
            return (Method.PASSWORD,)
        if confirmation.code is None:
            raise CodeRequiredError
        method = await self._check_second_factor(user, confirmation.code, address)
        if method is None:
            raise CodeNotConfirmedError
        return combine([Method.PASSWORD], [method])

    async def _require_passkey(self, user: User, proof: PasskeyResponse, address: str) -> None:
        token = OneTimeToken.parse(proof.challenge)
        challenge = None if token is None else await self._challenges.take(token, Purpose.CONFIRMATION)
        if challenge is None or challenge.user_id != str(user.id):
            raise WrongPasskeyError
        if await self._check_second_factor.check_own_passkey(user, proof, address) is None:
            raise WrongPasskeyError
