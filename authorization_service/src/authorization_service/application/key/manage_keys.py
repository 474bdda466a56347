"""Changing the key that signs access tokens, without one token being refused."""

from collections.abc import Sequence
from datetime import timedelta

from authorization_service.application.clock import Now
from authorization_service.application.key.private_keys import PrivateKeys
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.domain.entities.signing_key import KeyState, RotationPolicy, SigningKey, find_state
from authorization_service.domain.events.keys import KeyRotated
from authorization_service.domain.exceptions import RotationUnderWayError

ORPHAN_AGE = timedelta(hours=1)
"""A private key that nobody knows of after this long is left over from a rotation that was broken off."""


class RotateKeys:
    """For the operator."""

    def __init__(self, keys: SigningKeyRepository, private_keys: PrivateKeys, policy: RotationPolicy, now: Now) -> None:
        self._keys = keys
        self._private_keys = private_keys
        self._policy = policy
        self._now = now

    async def __call__(self, *, compromised: bool = False) -> SigningKey:
        """Make a key that is published at once and signs later, when all verifiers know it; return it.

        Where the other keys are `compromised`, it signs at once, and they are published no more: whoever holds a token that
        they signed must log in again. Else of several rotations at once one is done.

        Raises RotationUnderWayError, StoreUnavailableError, StoreFullError or SecretUnusableError.
        """
        half = self._private_keys.make()
        now = self._now()
        signs_from = now if compromised else now + self._policy.publication
        key = SigningKey(half.key_id, half.jwk, now, signs_from)
        until = now if compromised else self._policy.find_end_of_publication(signs_from)
        event = KeyRotated(
            user_id=None, occurred_at=now, key_id=key.id, signs_from=signs_from.isoformat(), compromised=compromised
        )
        if not await self._keys.rotate(key, until, [event], although_waiting=compromised):
            self._private_keys.discard(key.id)
            raise RotationUnderWayError
        return key


class ListKeys:
    """For the operator."""

    def __init__(self, keys: SigningKeyRepository, now: Now) -> None:
        self._keys = keys
        self._now = now

    async def __call__(self) -> Sequence[tuple[SigningKey, KeyState]]:
        """Return all keys, in the order in which they sign, with what they do now. Raises StoreUnavailableError."""
        keys = await self._keys.list()
        now = self._now()
        return [(key, find_state(key, keys, now)) for key in keys]


class PruneKeys:
    """For the operator."""

    def __init__(self, keys: SigningKeyRepository, private_keys: PrivateKeys, now: Now) -> None:
        self._keys = keys
        self._private_keys = private_keys
        self._now = now

    async def __call__(self) -> Sequence[str]:
        """Remove the keys that are published no more, and private keys left over from rotations; return their ids.

        Raises StoreUnavailableError or SecretUnusableError.
        """
        now = self._now()
        expired = {key.id for key in await self._keys.prune(now)}
        known = {key.id for key in await self._keys.list()}
        removed = self._private_keys.remove(expired, known, now - ORPHAN_AGE)
        return sorted(expired.union(removed))
