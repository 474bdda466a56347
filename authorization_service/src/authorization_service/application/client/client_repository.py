"""The port for storing service accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from authorization_service.domain.entities.client import Client
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.events.domain_event import DomainEvent


class ReadClient(NamedTuple):
    """A client, and when it was read."""

    client: Client
    read_at: ReadAt


class ClientRepository(Protocol):
    """All methods raise StoreUnavailableError. Events are stored in the same transaction as the change."""

    async def add(self, client: Client, events: Sequence[DomainEvent]) -> bool:
        """Add a client. Returns False, and changes nothing, if the id is in use. Raises StoreFullError."""
        ...

    async def put(self, client: Client) -> None:
        """Add a client, or replace the one with its id."""
        ...

    async def find(self, client_id: str) -> Client | None:
        """Return the client with this id, or None."""
        ...

    async def read(self, client_id: str) -> ReadClient | None:
        """Return the client with this id and when it was read, to issue tokens of it; or None."""
        ...

    async def list(self, after: str, most: int) -> Sequence[Client]:
        """Return up to `most` clients with ids greater than `after`, ordered by id."""
        ...

    async def change_secret(
        self, client_id: str, secret_hash: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]
    ) -> bool:
        """Replace the secret and revoke the client's access tokens, the last of which expires then. Returns False if unknown."""
        ...

    async def remove(self, client_id: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]) -> bool:
        """Delete the client and revoke its access tokens, the last of which expires then. Returns False if unknown."""
        ...
