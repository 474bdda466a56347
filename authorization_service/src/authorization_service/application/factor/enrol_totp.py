"""Enrolment of an authenticator app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from authorization_service.application.auth.confirm_identity import Confirmation, ConfirmIdentity
from authorization_service.application.auth.require_account import require_account
from authorization_service.application.clock import Now
from authorization_service.application.factor.challenge_repository import LIFETIMES, Challenge, ChallengeRepository, Purpose
from authorization_service.application.factor.enrol import EnrolledFactor, enrol
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.totp_secrets import SecretSealer, TotpVerifier
from authorization_service.application.user.user_repository import UserRepository, get_by_id
from authorization_service.domain.entities.factor import MAX_FACTORS, Factor, FactorKind
from authorization_service.domain.exceptions import CodeNotConfirmedError, InvalidEnrolmentError, TooManyFactorsError
from authorization_service.domain.value_objects.authentication import Method
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.domain.value_objects.totp_secret import TotpSecret
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.rules import refuse_if_broken

_SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """A secret for the user's app, and the token with which a code of it completes the enrolment within so many seconds."""

    token: str = field(repr=False)
    secret: TotpSecret
    uri: str = field(repr=False)
    expires_in: int


class BeginTotpEnrolment:
    """Make a secret for an authenticator app of the caller, who confirms with the password and, having a factor, a code."""

    def __init__(
        self,
        users: UserRepository,
        confirm: ConfirmIdentity,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        sealer: SecretSealer,
        issuer_name: str,
    ) -> None:
        self._users = users
        self._confirm = confirm
        self._factors = factors
        self._challenges = challenges
        self._sealer = sealer
        self._issuer_name = issuer_name

    async def __call__(self, caller: Caller, confirmation: Confirmation) -> TotpEnrolment:
        """Return what the app needs. Nothing is enrolled before a code of it has come.

        Raises InsufficientScopeError, TooManyFactorsError, NoSuchUserError, StoreUnavailableError, StoreFullError, or what
        ConfirmIdentity does.
        """
        require_account(caller)
        user = await get_by_id(self._users, caller.user_id)
        await self._confirm(user, confirmation)
        kept = (await self._factors.find_of_user(caller.user_id)).of_kind(FactorKind.TOTP)
        if len(kept) >= MAX_FACTORS[FactorKind.TOTP]:
            raise TooManyFactorsError
        secret, token = TotpSecret.new(), OneTimeToken.new()
        sealed = self._sealer.seal(secret, caller.user_id)
        await self._challenges.put(token, Purpose.TOTP_ENROLMENT, Challenge(caller.user_id, {_SEALED: sealed}))
        uri = secret.make_uri(self._issuer_name, user.username.value)
        return TotpEnrolment(token.text, secret, uri, int(LIFETIMES[Purpose.TOTP_ENROLMENT].total_seconds()))


@dataclass(frozen=True, slots=True)
class ConfirmTotpRequest:
    """The token of an enrolment, a code of the app, and a name for the factor."""

    caller: Caller
    token: str = field(repr=False)
    code: str = field(repr=False)
    name: str


class ConfirmTotpEnrolment:
    """Enrol an authenticator app of the caller by its first code. Adding the first factor ends all other sessions of the user."""

    def __init__(
        self,
        factors: FactorRepository,
        challenges: ChallengeRepository,
        sealer: SecretSealer,
        verifier: TotpVerifier,
        new_id: Callable[[], UUID],
        now: Now,
    ) -> None:
        self._factors = factors
        self._challenges = challenges
        self._sealer = sealer
        self._verifier = verifier
        self._new_id = new_id
        self._now = now

    async def __call__(self, request: ConfirmTotpRequest) -> EnrolledFactor:
        """Store the factor and return it. The code cannot be used again, for a login, either.

        Raises InsufficientScopeError, RulesBrokenError, InvalidEnrolmentError, CodeNotConfirmedError (another code may follow),
        TooManyFactorsError, NoSuchUserError, StoreUnavailableError or StoreFullError.
        """
        require_account(request.caller)
        refuse_if_broken(FactorName.find_violations(request.name))
        user_id, now = request.caller.user_id, self._now()
        token = OneTimeToken.parse(request.token)
        challenge = None if token is None else await self._challenges.find(token, Purpose.TOTP_ENROLMENT)
        if token is None or challenge is None or challenge.user_id != user_id:
            raise InvalidEnrolmentError
        sealed = challenge.data[_SEALED]
        secret = self._sealer.open(sealed, user_id)
        step = None if secret is None else self._verifier.find_step(secret, request.code, now)
        if step is None:
            raise CodeNotConfirmedError
        if await self._challenges.take(token, Purpose.TOTP_ENROLMENT) is None:
            raise InvalidEnrolmentError
        factor = Factor(self._new_id(), UUID(user_id), FactorKind.TOTP, FactorName(request.name), now, sealed, step)
        return await enrol(self._factors, factor, request.caller.session_id, Method.ONE_TIME_PASSWORD)
