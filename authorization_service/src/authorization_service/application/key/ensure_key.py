"""Creation of the first signing key."""

from authorization_service.application.clock import Now
from authorization_service.application.key.private_keys import PrivateKeys
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.domain.entities.signing_key import RotationPolicy, SigningKey


class EnsureSigningKey:
    """Register the signing keys of the first start."""

    def __init__(self, keys: SigningKeyRepository, private_keys: PrivateKeys, policy: RotationPolicy, now: Now) -> None:
        self._keys = keys
        self._private_keys = private_keys
        self._policy = policy
        self._now = now

    async def __call__(self) -> None:
        """If no key is registered yet, register the existing private keys, or a new one. The newest signs, others are retired.

        Raises StoreUnavailableError, StoreFullError, or SecretUnusableError.
        """
        if await self._keys.list():
            return
        now = self._now()
        *others, youngest = self._private_keys.ensure()
        until = self._policy.find_end_of_publication(now)
        retired = [SigningKey(half.key_id, half.jwk, now, now, until) for half in others]
        await self._keys.adopt([*retired, SigningKey(youngest.key_id, youngest.jwk, now, now)])
