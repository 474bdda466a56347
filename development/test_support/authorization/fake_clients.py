"""The fake of ClientRepository, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from authorization_service.application.client.client_repository import ReadClient
from authorization_service.domain.entities.client import Client
from authorization_service.domain.entities.revocation import ReadAt
from authorization_service.domain.events.domain_event import DomainEvent
from test_support.authorization.fakes import NOON


class InMemoryClientRepository:
    """Implements ClientRepository. `revoked` has the ids of clients whose tokens were revoked, and when the last one expires."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self.revoked: list[tuple[str, datetime]] = []
        self.events: list[DomainEvent] = []

    async def add(self, client: Client, events: Sequence[DomainEvent]) -> bool:
        """Add a client."""
        if client.id in self._clients:
            return False
        self._clients[client.id] = client
        self.events += events
        return True

    async def put(self, client: Client) -> None:
        """Add or replace a client."""
        self._clients[client.id] = client

    async def find(self, client_id: str) -> Client | None:
        """Return the client with this id."""
        return self._clients.get(client_id)

    async def read(self, client_id: str) -> ReadClient | None:
        """Return the client with this id, and when it was read."""
        client = self._clients.get(client_id)
        return None if client is None else ReadClient(client, ReadAt(NOON, 0))

    async def list(self, after: str, most: int) -> Sequence[Client]:
        """Return clients, ordered by id."""
        return [self._clients[client_id] for client_id in sorted(self._clients) if client_id > after][:most]

    async def change_secret(
        self, client_id: str, secret_hash: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]
    ) -> bool:
        """Replace a client's secret."""
        if client_id not in self._clients:
            return False
        self._clients[client_id] = replace(self._clients[client_id], secret_hash=secret_hash)
        self.revoked.append((client_id, tokens_expire_at))
        self.events += events
        return True

    async def remove(self, client_id: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]) -> bool:
        """Delete a client."""
        if self._clients.pop(client_id, None) is None:
            return False
        self.revoked.append((client_id, tokens_expire_at))
        self.events += events
        return True
