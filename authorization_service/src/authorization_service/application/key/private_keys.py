"""The port for storing the private halves of signing keys."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """The public half of a key."""

    key_id: str
    jwk: str
    """JSON text (RFC 7517)."""


class PrivateKeys(Protocol):
    """All methods raise SecretUnusableError if the keys cannot be read or written, or if what is stored is not a key."""

    def ensure(self) -> Sequence[PublicHalf]:
        """Return the keys, the newest last. Creates the first one if there is none."""
        ...

    def make(self) -> PublicHalf:
        """Create and store a new key."""
        ...

    def discard(self, key_id: str) -> None:
        """Remove a key that was created and not registered."""
        ...

    def remove(self, expired: Collection[str], known: Collection[str], made_before: datetime) -> Sequence[str]:
        """Remove expired keys, and unknown ones created before `made_before`. Returns their ids."""
        ...
