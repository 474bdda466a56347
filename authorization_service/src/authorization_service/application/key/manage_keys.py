"""Rotation of the signing key without rejecting any valid token."""

from collections.abc import Sequence
from datetime import timedelta

from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.clock import Now
from authorization_service.application.key.private_keys import PrivateKeys
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.domain.entities.signing_key import WITHDRAWN, KeyState, RotationPolicy, SigningKey, find_state
from authorization_service.domain.events.keys import KeyRotated
from authorization_service.domain.exceptions import RotationUnderWayError

ORPHAN_AGE = timedelta(hours=1)
"""An unregistered private key of this age is left over from an interrupted rotation."""


class RotateKeys:
    """Create a new signing key. Requires an administrator."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        keys: SigningKeyRepository,
        private_keys: PrivateKeys,
        policy: RotationPolicy,
        now: Now,
    ) -> None:
        self._require_administrator = require_administrator
        self._keys = keys
        self._private_keys = private_keys
        self._policy = policy
        self._now = now

    async def __call__(self, principal: Principal, *, compromised: bool = False) -> SigningKey:
        """Create and return a key that is published immediately and signs later, when all verifiers know it.

        If the other keys are `compromised`, it signs immediately and they are withdrawn: users with tokens that they signed must
        log in again. Otherwise, of concurrent rotations one succeeds.

        Raises RotationUnderWayError, StoreUnavailableError, StoreFullError or SecretUnusableError.
        """
        by = await self._require_administrator(principal)
        half = self._private_keys.make()
        now = self._now()
        signs_from = now if compromised else now + self._policy.publication
        key = SigningKey(half.key_id, half.jwk, now, signs_from)
        until = WITHDRAWN if compromised else self._policy.find_end_of_publication(signs_from)
        event = KeyRotated(
            user_id=by, occurred_at=now, key_id=key.id, signs_from=signs_from.isoformat(), compromised=compromised, by=by
        )
        if not await self._keys.rotate(key, until, [event], although_waiting=compromised):
            self._private_keys.discard(key.id)
            raise RotationUnderWayError
        return key


class ListKeys:
    """List the signing keys. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, keys: SigningKeyRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._keys = keys
        self._now = now

    async def __call__(self, principal: Principal) -> Sequence[tuple[SigningKey, KeyState]]:
        """Return all keys, in the order in which they sign, with their current states. Raises StoreUnavailableError."""
        await self._require_administrator(principal)
        keys = await self._keys.list()
        now = self._now()
        return [(key, find_state(key, keys, now)) for key in keys]


class PruneKeys:
    """Remove expired signing keys. For the operator."""

    def __init__(self, keys: SigningKeyRepository, private_keys: PrivateKeys, now: Now) -> None:
        self._keys = keys
        self._private_keys = private_keys
        self._now = now

    async def __call__(self) -> Sequence[str]:
        """Remove the keys that are no longer published, and private keys left over from rotations. Returns their ids, sorted.

        Raises StoreUnavailableError or SecretUnusableError.
        """
        now = self._now()
        expired = {key.id for key in await self._keys.prune(now)}
        known = {key.id for key in await self._keys.list()}
        removed = self._private_keys.remove(expired, known, now - ORPHAN_AGE)
        return sorted(expired.union(removed))
