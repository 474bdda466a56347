"""Verification of second factors, with limits on failed attempts."""

from typing import Protocol

from authorization_service.application.auth.attempt_repository import AttemptRepository
from authorization_service.application.clock import Now
from authorization_service.application.factor.factor_repository import FactorRepository
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


class CheckSecondFactor:
    """Verify the second factor of a user whose password was right, within the limits of SECOND_FACTOR_POLICY.

    Everything that takes a code uses this. An attempt is counted before the code is compared. A right code is accepted once (RFC
    6238, section 5.2). A LoginRefused event records each refusal.
    """

    def __init__(
        self,
        factors: FactorRepository,
        attempts: SecondFactorAttempts,
        verifier: TotpVerifier,
        sealer: SecretSealer,
        now: Now,
    ) -> None:
        self._factors = factors
        self._attempts = attempts
        self._verifier = verifier
        self._sealer = sealer
        self._now = now

    async def __call__(self, user: User, code: str, address: str) -> Method | None:
        """Return how the user has authenticated with this code, of an app or for recovery; None if the code is wrong.

        Raises TooManyAttemptsError, BusyError or StoreUnavailableError.
        """
        attempt = Attempt.at_second_factor(user.username.key, address, str(user.id))
        await self._attempts.reserve(attempt)
        is_right = await self._use_totp(user, code, address) or await self._use_recovery_code(user, code, address)
        if not is_right:
            await self._attempts.fail(attempt, Refusal.WRONG_CODE)
            return None
        await self._attempts.succeed(attempt)
        return Method.ONE_TIME_PASSWORD

    async def _use_totp(self, user: User, code: str, address: str) -> bool:
        factors = await self._factors.find_of_user(str(user.id))
        for factor in factors.of_kind(FactorKind.TOTP):
            secret = self._sealer.open(factor.secret, str(user.id))
            step = None if secret is None else self._verifier.find_step(secret, code, self._now())
            if step is not None:
                return await self._factors.use(factor, step, [self._describe_repetition(factor, address)])
        return False

    async def _use_recovery_code(self, user: User, code: str, address: str) -> bool:
        recovery_code = RecoveryCode.parse(code)
        if recovery_code is None:
            return False
        used = RecoveryCodeUsed(user_id=str(user.id), occurred_at=self._now(), address=address)
        return await self._factors.use_recovery_code(str(user.id), recovery_code, [used])

    def _describe_repetition(self, factor: Factor, address: str) -> FactorRepeated:
        return FactorRepeated(
            user_id=str(factor.user_id),
            occurred_at=self._now(),
            factor_id=str(factor.id),
            kind=factor.kind,
            address=address,
        )
