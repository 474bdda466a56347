"""Verification of second factors, with limits on failed attempts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.clock import Now
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.passkeys import JsonObject, PasskeyVerifier
from authorization_service.application.factor.totp_secrets import SecretSealer, TotpVerifier
from authorization_service.domain.attempts import Attempt
from authorization_service.domain.entities.factor import Factor, FactorKind
from authorization_service.domain.entities.user import User
from authorization_service.domain.events.factors import FactorRepeated, RecoveryCodeUsed
from authorization_service.domain.events.sessions import Refusal
from authorization_service.domain.value_objects.authentication import Method
from authorization_service.domain.value_objects.recovery_code import RecoveryCode


class SecondFactorAttempts(AttemptRepository, Protocol):
    """The counters of attempts at second factors, which follow SECOND_FACTOR_POLICY."""


@dataclass(frozen=True, slots=True)
class PasskeyResponse:
    """A browser's response to a challenge that it was given."""

    challenge: str
    response: JsonObject = field(repr=False)


Proof = str | PasskeyResponse
"""Of a second factor: a code of an app, a recovery code, or a signature by a passkey."""


class CheckSecondFactor:
    """Verify the second factor of a user, within the limits of SECOND_FACTOR_POLICY.

    Everything that takes a code or a passkey's signature uses this. An attempt is counted before it is looked at. A right code is
    accepted once (RFC 6238, section 5.2), and so is a passkey's counter of signatures. A LoginRefused event records each refusal.
    """

    def __init__(
        self,
        factors: FactorRepository,
        attempts: SecondFactorAttempts,
        verifier: TotpVerifier,
        sealer: SecretSealer,
        passkeys: PasskeyVerifier,
        now: Now,
    ) -> None:
        self._factors = factors
        self._attempts = attempts
        self._verifier = verifier
        self._sealer = sealer
        self._passkeys = passkeys
        self._now = now

    async def __call__(self, user: User, proof: Proof, address: str) -> Method | None:
        """Return by which method the user has authenticated; None if the proof is wrong.

        Raises TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        if isinstance(proof, PasskeyResponse):
            return await self._count(user, address, partial(self._use_own_passkey, user, proof, address), Method.KEY)
        return await self._count(user, address, partial(self._use_code, user, proof, address), Method.ONE_TIME_PASSWORD)

    async def check_passkey(self, user: User, passkey: Factor, proof: PasskeyResponse, address: str) -> Method | None:
        """Return the method if a passkey alone, with PIN or biometrics, has authenticated its user. Raises what the call does."""
        use = partial(self._use_passkey, passkey, proof, address, must_verify_user=True)
        return await self._count(user, address, use, Method.KEY)

    async def check_own_passkey(self, user: User, proof: PasskeyResponse, address: str) -> Method | None:
        """Return the method if one of the user's passkeys, with PIN or biometrics, is right. Raises what the call does."""
        use = partial(self._use_own_passkey, user, proof, address, must_verify_user=True)
        return await self._count(user, address, use, Method.KEY)

    async def _count(self, user: User, address: str, use: Callable[[], Awaitable[bool]], method: Method) -> Method | None:
        attempt = Attempt.at_second_factor(user.username.key, address, str(user.id))
        await self._attempts.reserve(attempt)
        if not await use():
            await self._attempts.fail(attempt, Refusal.WRONG_CODE)
            return None
        await self._attempts.succeed(attempt)
        return method

    async def _use_code(self, user: User, code: str, address: str) -> bool:
        return await self._use_totp(user, code, address) or await self._use_recovery_code(user, code, address)

    async def _use_totp(self, user: User, code: str, address: str) -> bool:
        factors = await self._factors.find_of_user(str(user.id))
        for factor in factors.of_kind(FactorKind.TOTP):
            secret = self._sealer.open(factor.secret, str(user.id))
            step = None if secret is None else self._verifier.find_step(secret, code, self._now())
            if step is not None:
                return await self._use(factor, step, address)
        return False

    async def _use_recovery_code(self, user: User, code: str, address: str) -> bool:
        recovery_code = RecoveryCode.parse(code)
        if recovery_code is None:
            return False
        used = RecoveryCodeUsed(user_id=str(user.id), occurred_at=self._now(), address=address)
        return await self._factors.use_recovery_code(str(user.id), recovery_code, [used])

    async def _use_own_passkey(self, user: User, proof: PasskeyResponse, address: str, *, must_verify_user: bool = False) -> bool:
        credential_id = self._passkeys.read_credential_id(proof.response)
        factors = (await self._factors.find_of_user(str(user.id))).of_kind(FactorKind.PASSKEY)
        passkey = next((each for each in factors if each.credential_id == credential_id), None)
        return passkey is not None and await self._use_passkey(passkey, proof, address, must_verify_user=must_verify_user)

    async def _use_passkey(
        self, passkey: Factor, proof: PasskeyResponse, address: str, *, must_verify_user: bool = False
    ) -> bool:
        assertion = self._passkeys.verify_assertion(proof.challenge, passkey, proof.response)
        if assertion is None or (must_verify_user and not assertion.is_user_verified):
            return False
        return await self._use(passkey, assertion.counter, address)

    async def _use(self, factor: Factor, counter: int, address: str) -> bool:
        repeated = FactorRepeated(
            user_id=str(factor.user_id),
            occurred_at=self._now(),
            factor_id=str(factor.id),
            kind=factor.kind,
            address=address,
        )
        return await self._factors.use(factor, counter, [repeated])
