"""The port for storing consents."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.entities.consent import Consent
from authorization_service.domain.events.domain_event import DomainEvent


class ConsentRepository(Protocol):
    """All methods raise StoreUnavailableError. Events are stored in the same transaction as the change."""

    async def give(self, consent: Consent, events: Sequence[DomainEvent]) -> None:
        """Add or replace a consent. Raises NoSuchUserError or StoreFullError."""
        ...

    async def find(self, user_id: str, client_id: str) -> Consent | None:
        """Return the user's consent to this client, or None."""
        ...

    async def list(self, user_id: str) -> Sequence[Consent]:
        """Return the user's consents, ordered by client."""
        ...

    async def withdraw(self, user_id: str, client_id: str, events: Sequence[DomainEvent]) -> bool:
        """Delete a consent, and end the sessions that the client has opened for the user. Returns False if there was none."""
        ...
