"""Signing keys: when each signs access tokens, and how long it is published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CLOCK_SKEW = timedelta(seconds=60)
"""By how much the clocks of instances and verifiers may differ."""


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long a new key is published before it signs, and how long an access token is valid."""

    publication: timedelta
    token_lifetime: timedelta

    def find_end_of_publication(self, signs_until: datetime) -> datetime:
        """Return when the last token signed until then has expired, by any verifier's clock."""
        return signs_until + self.token_lifetime + CLOCK_SKEW


class KeyState(StrEnum):
    """The state of a signing key at a given time."""

    WAITING = "waiting"
    """Published, so that verifiers know it before it signs."""
    SIGNING = "signing"
    RETIRED = "retired"
    """No longer signs; published until the last token that it signed has expired."""
    EXPIRED = "expired"
    """No longer published."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The public half of a key and its times. The private half is stored where only the service can read it."""

    id: str
    public_jwk: str
    """JSON text of the public key (RFC 7517)."""
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None = None
    """None until another key replaces it."""

    def is_published(self, now: datetime) -> bool:
        """Return whether the key is in the key set."""
        return self.published_until is None or now < self.published_until


def find_signing_key(keys: Iterable[SigningKey], now: datetime) -> SigningKey | None:
    """Return the key that signs now: the latest published key that has begun to sign."""
    candidates = (key for key in keys if key.is_published(now) and key.signs_from <= now)
    return max(candidates, key=lambda key: (key.signs_from, key.published_until is None), default=None)


def find_state(key: SigningKey, keys: Iterable[SigningKey], now: datetime) -> KeyState:
    """Return the current state of the key, which is one of `keys`."""
    if not key.is_published(now):
        return KeyState.EXPIRED
    if key.signs_from > now:
        return KeyState.WAITING
    return KeyState.SIGNING if key == find_signing_key(keys, now) else KeyState.RETIRED
