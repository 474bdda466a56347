"""Enrolment of a passkey."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_account import require_account
from authorization_service.application.clock import Now
from authorization_service.application.factor.challenge_repository import Challenge, ChallengeRepository, Purpose
from authorization_service.application.factor.enrol import EnrolledFactor, enrol
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.passkeys import JsonObject, PasskeyVerifier
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from authorization_service.domain.entities.factor import MAX_FACTORS, Factor, FactorKind
from authorization_service.domain.exceptions import (
    InvalidEnrolmentError,
    PasskeysUnavailableError,
    TooManyFactorsError,
    WrongPasskeyError,
)
from authorization_service.domain.value_objects.authentication import Method
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.rules import refuse_if_broken


class PasskeyChallenge(NamedTuple):
    """A challenge, and the options with it for the browser."""

    challenge: str
    options: JsonObject


class BeginPasskeyEnrolment:
    """Make a challenge for a new passkey of the caller, who confirms with the password and, having a factor, a code."""

    def __init__(
        self,
        users: UserRepository,
        confirm: ConfirmIdentity,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        passkeys: PasskeyVerifier,
    ) -> None:
        self._users = users
        self._confirm = confirm
        self._factors = factors
        self._challenges = challenges
        self._passkeys = passkeys

    async def __call__(self, caller: Caller, confirmation: Confirmation) -> PasskeyChallenge:
        """Return the challenge, which the passkey answers within the time of PASSKEY_ENROLMENT.

        Raises InsufficientScopeError, PasskeysUnavailableError, TooManyFactorsError, NoSuchUserError, StoreUnavailableError,
        StoreFullError, or what ConfirmIdentity does.
        """
        require_account(caller)
        if not self._passkeys.is_available:
            raise PasskeysUnavailableError
        user = await get_by_id(self._users, caller.user_id)
        await self._confirm(user, confirmation)
        kept = (await self._factors.find_of_user(caller.user_id)).of_kind(FactorKind.PASSKEY)
        if len(kept) >= MAX_FACTORS[FactorKind.PASSKEY]:
            raise TooManyFactorsError
        challenge = OneTimeToken.new()
        await self._challenges.put(challenge, Purpose.PASSKEY_ENROLMENT, Challenge(caller.user_id, {}))
        return PasskeyChallenge(challenge.text, self._passkeys.describe_registration(user, kept, challenge.text))


@dataclass(frozen=True, slots=True)
class ConfirmPasskeyRequest:
    """A challenge, the browser's response to it, and a name for the factor."""

    caller: Caller
    challenge: str
    response: JsonObject = field(repr=False)
    name: str


class ConfirmPasskeyEnrolment:
    """Enrol a passkey of the caller. Adding the first factor ends all other sessions of the user."""

    def __init__(
        self,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        passkeys: PasskeyVerifier,
        new_id: Callable[[], UUID],
        now: Now,
    ) -> None:
        self._factors = factors
        self._challenges = challenges
        self._passkeys = passkeys
        self._new_id = new_id
        self._now = now

    async def __call__(self, request: ConfirmPasskeyRequest) -> EnrolledFactor:
        """Store the factor and return it. The challenge is used up, whatever comes of it.

        Raises InsufficientScopeError, RulesBrokenError, InvalidEnrolmentError, WrongPasskeyError, PasskeyTakenError,
        TooManyFactorsError, NoSuchUserError, StoreUnavailableError or StoreFullError.
        """
        require_account(request.caller)
        refuse_if_broken(FactorName.find_violations(request.name))
        user_id = request.caller.user_id
        token = OneTimeToken.parse(request.challenge)
        challenge = None if token is None else await self._challenges.take(token, Purpose.PASSKEY_ENROLMENT)
        if challenge is None or challenge.user_id != user_id:
            raise InvalidEnrolmentError
        passkey = self._passkeys.verify_registration(request.challenge, request.response)
        if passkey is None:
            raise WrongPasskeyError
        factor = Factor(
            id=self._new_id(),
            user_id=UUID(user_id),
            kind=FactorKind.PASSKEY,
            name=FactorName(request.name),
            created_at=self._now(),
            secret=passkey.public_key,
            counter=passkey.counter,
            credential_id=passkey.credential_id,
        )
        return await enrol(self._factors, factor, request.caller.session_id, Method.KEY)
