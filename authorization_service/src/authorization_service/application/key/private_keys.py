"""Where the private halves of signing keys are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """What everybody may know of a key."""

    key_id: str
    jwk: str
    """JSON text (RFC 7517)."""


class PrivateKeys(Protocol):
    """All methods raise SecretUnusableError if the keys cannot be read or written, or if what is stored is not a key."""

    def ensure(self) -> Sequence[PublicHalf]:
        """Return the keys by age, and make the first one where there is none."""
        ...

    def make(self) -> PublicHalf:
        """Make and keep a new key."""
        ...

    def discard(self, key_id: str) -> None:
        """Remove a key that was made in vain."""
        ...

    def remove(self, expired: Collection[str], known: Collection[str], made_before: datetime) -> Sequence[str]:
        """Remove keys that have expired, and those made before then that are not known; return their ids."""
        ...
