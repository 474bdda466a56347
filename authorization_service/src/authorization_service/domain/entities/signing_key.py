"""Signing keys: when each signs access tokens, and how long it is published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

CLOCK_SKEW = timedelta(seconds=60)
"""By how much the clocks of instances and verifiers may differ."""

WITHDRAWN = datetime(1970, 1, 1, tzinfo=UTC)
"""`published_until` of a compromised key: in the past, however the clock is set."""


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
    """Return the key that signs now: the latest published key that has begun to sign.

    If none has, as after the clock was set back, the one that begins first: that some verifiers may not know it yet is better
    than to sign nothing.
    """
    published = [key for key in keys if key.is_published(now)]
    begun = [key for key in published if key.signs_from <= now]
    if begun:
        return max(begun, key=lambda key: (key.signs_from, key.published_until is None))
    return min(published, key=lambda key: key.signs_from, default=None)


def find_state(key: SigningKey, keys: Iterable[SigningKey], now: datetime) -> KeyState:
    """Return the current state of the key, which is one of `keys`."""
    if not key.is_published(now):
        return KeyState.EXPIRED
    if key == find_signing_key(keys, now):
        return KeyState.SIGNING
    return KeyState.WAITING if key.signs_from > now else KeyState.RETIRED
