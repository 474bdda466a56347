"""The challenge with which a logged-in user confirms an operation by a passkey."""

from authorization_service.application.auth.require_account import require_account
from authorization_service.application.factor.challenge_repository import Challenge, ChallengeRepository, Purpose
from authorization_service.application.factor.enrol_passkey import PasskeyChallenge
from authorization_service.application.factor.factor_repository import FactorRepository
from authorization_service.application.factor.passkeys import PasskeyVerifier
from authorization_service.domain.entities.factor import FactorKind
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from shared_kernel.application.authentication import Caller


class BeginConfirmation:
    """Make a challenge for the caller's passkeys, for ConfirmIdentity."""

    def __init__(self, factors: FactorRepository, challenges: ChallengeRepository, passkeys: PasskeyVerifier) -> None:
        self._factors = factors
        self._challenges = challenges
        self._passkeys = passkeys

    async def __call__(self, caller: Caller) -> PasskeyChallenge | None:
        """Return the challenge, or None for a caller without a passkey.

        Raises InsufficientScopeError, StoreUnavailableError or StoreFullError.
        """
        require_account(caller)
        passkeys = (await self._factors.find_of_user(caller.user_id)).of_kind(FactorKind.PASSKEY)
        if not passkeys or not self._passkeys.is_available:
            return None
        challenge = OneTimeToken.new()
        await self._challenges.put(challenge, Purpose.CONFIRMATION, Challenge(caller.user_id, {}))
        return PasskeyChallenge(
            challenge.text, self._passkeys.describe_assertion(passkeys, challenge.text, must_verify_user=True)
        )
