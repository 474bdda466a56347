"""Where service accounts are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from authorization_service.domain.entities.client import Client
from authorization_service.domain.events.domain_event import DomainEvent


class ClientRepository(Protocol):
    """All methods raise StoreUnavailableError while the store is out of reach. Events are kept with the change, or not at all."""

    async def add(self, client: Client, events: Sequence[DomainEvent]) -> bool:
        """Keep a new client; False, and nothing changed, where the id is taken. Raises StoreFullError."""
        ...

    async def put(self, client: Client) -> None:
        """Keep a client whether or not there is one with its id."""
        ...

    async def find(self, client_id: str) -> Client | None:
        """Return the client with this id."""
        ...

    async def list(self, after: str, most: int) -> Sequence[Client]:
        """Return up to `most` clients behind the id `after`, by id."""
        ...

    async def change_secret(
        self, client_id: str, secret_hash: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]
    ) -> bool:
        """Give a client another secret and revoke its access tokens, the last of which would expire then; False without one."""
        ...

    async def remove(self, client_id: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]) -> bool:
        """Delete a client and revoke its access tokens, the last of which would expire then; False where there is none."""
        ...
