"""Where it is kept when which key signs: all processes and all instances look there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from authorization_service.domain.entities.signing_key import SigningKey
from authorization_service.domain.events.domain_event import DomainEvent


class SigningKeyRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach. Events are kept with the change, or not at all."""

    async def list(self) -> Sequence[SigningKey]:
        """Return all keys, in the order in which they sign."""
        ...

    async def adopt(self, keys: Sequence[SigningKey]) -> None:
        """Keep these keys if none are kept yet; else change nothing. Raises StoreFullError."""
        ...

    async def rotate(
        self, key: SigningKey, others_published_until: datetime, events: Sequence[DomainEvent], *, although_waiting: bool
    ) -> bool:
        """Keep a new key and publish the others no longer than until then.

        False, and nothing changed, where another key has yet to begin to sign when this one is created, unless
        `although_waiting`. Raises StoreFullError.
        """
        ...

    async def prune(self, now: datetime) -> Sequence[SigningKey]:
        """Forget the keys that are not published any more, and return them."""
        ...
