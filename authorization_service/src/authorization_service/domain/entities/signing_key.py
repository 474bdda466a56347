"""When a key signs access tokens, and how long it is published."""

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
    """What a signing key does at some moment."""

    WAITING = "waiting"
    """It is published, so that verifiers know it before it signs."""
    SIGNING = "signing"
    RETIRED = "retired"
    """It signs no more and is published until the last token that it signed has expired."""
    EXPIRED = "expired"
    """It is published no more."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key's public half and its times; the private half is kept where the services can read it and the store cannot."""

    id: str
    public_jwk: str
    """JSON text of the public key (RFC 7517)."""
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None = None
    """None as long as no other key succeeds it."""

    def is_published(self, now: datetime) -> bool:
        """Tell whether verifiers are told about the key."""
        return self.published_until is None or now < self.published_until


def find_signing_key(keys: Iterable[SigningKey], now: datetime) -> SigningKey | None:
    """Return the key that signs now: the latest of those that are published and have begun to sign."""
    candidates = (key for key in keys if key.is_published(now) and key.signs_from <= now)
    return max(candidates, key=lambda key: (key.signs_from, key.published_until is None), default=None)


def find_state(key: SigningKey, keys: Iterable[SigningKey], now: datetime) -> KeyState:
    """Return what the key, which is one of `keys`, does now."""
    if not key.is_published(now):
        return KeyState.EXPIRED
    if key.signs_from > now:
        return KeyState.WAITING
    return KeyState.SIGNING if key == find_signing_key(keys, now) else KeyState.RETIRED
