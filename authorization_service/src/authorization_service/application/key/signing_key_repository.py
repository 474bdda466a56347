"""The port for storing the times of signing keys, which all processes and all instances share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from authorization_service.domain.entities.signing_key import SigningKey
from authorization_service.domain.events.domain_event import DomainEvent


class SigningKeyRepository(Protocol):
    """All methods raise StoreUnavailableError. Events are stored in the same transaction as the change."""

    async def list(self) -> Sequence[SigningKey]:
        """Return all keys, in the order in which they sign."""
        ...

    async def adopt(self, keys: Sequence[SigningKey]) -> None:
        """Store these keys if none are stored yet; otherwise change nothing. Raises StoreFullError."""
        ...

    async def rotate(
        self, key: SigningKey, others_published_until: datetime, events: Sequence[DomainEvent], *, although_waiting: bool
    ) -> bool:
        """Store a new key and publish the others at most until then.

        Returns False, and changes nothing, if another key has not begun to sign when this one is created, unless
        `although_waiting`. Raises StoreFullError.
        """
        ...

    async def prune(self, now: datetime) -> Sequence[SigningKey]:
        """Delete the keys that are no longer published, and return them."""
        ...
