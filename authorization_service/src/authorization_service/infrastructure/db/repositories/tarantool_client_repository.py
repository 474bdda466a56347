"""Clients in Tarantool's space `clients`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from authorization_service.application.client.client_repository import ReadClient
from authorization_service.domain.entities.client import Application, Client
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.refusals import is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from authorization_service.infrastructure.db.repositories.stored_read_at import to_read_at
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolClientRepository:
    """Implements ClientRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def add(self, client: Client, events: Sequence[DomainEvent]) -> bool:
        """Insert a client. Return False if the id is taken."""
        return is_changed(await self._tarantool.call("clients.create", [_to_tuple(client), to_stored(events)]))

    async def put(self, client: Client) -> None:
        """Insert or replace a client."""
        await self._tarantool.call("clients.put", [_to_tuple(client)])

    async def find(self, client_id: str) -> Client | None:
        """Return the client with this id."""
        stored = await self._tarantool.find("clients", client_id)
        return None if stored is None else _to_client(stored)

    async def read(self, client_id: str) -> ReadClient | None:
        """Return the client with this id, and when it was read."""
        stored = await self._tarantool.call("clients.read", [client_id])
        if stored is None:
            return None
        client, read_at = stored
        return ReadClient(_to_client(client), to_read_at(read_at))

    async def list(self, after: str, most: int) -> Sequence[Client]:
        """Return up to `most` clients after the id `after`, by id."""
        return [_to_client(stored) for stored in await self._tarantool.call("clients.list", [after, most])]

    async def change_secret(
        self, client_id: str, secret_hash: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]
    ) -> bool:
        """Replace a client's secret and revoke its tokens. Return False if there is no such client."""
        arguments = [client_id, secret_hash, tokens_expire_at.timestamp(), to_stored(events)]
        return is_changed(await self._tarantool.call("clients.change_secret", arguments))

    async def remove(self, client_id: str, tokens_expire_at: datetime, events: Sequence[DomainEvent]) -> bool:
        """Delete a client and revoke its tokens. Return False if there is no such client."""
        arguments = [client_id, tokens_expire_at.timestamp(), to_stored(events)]
        return is_changed(await self._tarantool.call("clients.delete", arguments))


def _to_tuple(client: Client) -> list[Any]:
    created_at = (client.created_at - EPOCH) // MICROSECOND
    application = {name: value for name, value in asdict(client.application).items() if value}
    return [client.id, client.secret_hash, list(client.scopes), created_at, client.is_public, application]


def _to_client(stored: Any) -> Client:
    # Those of earlier versions are service accounts.
    client_id, secret_hash, scopes, created_at, *more = stored
    is_public, application = more or (False, {})
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (application or {}).items()
    }
    return Client(client_id, secret_hash, tuple(scopes), EPOCH + created_at * MICROSECOND, bool(is_public), Application(**values))
