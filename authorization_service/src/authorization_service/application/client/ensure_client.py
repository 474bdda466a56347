"""Creation of the clients that belong to the store itself, at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.clock import Now
from authorization_service.domain.entities.client import REVOCATIONS_SCOPE, Application, Client
from authorization_service.domain.value_objects.random_secret import RandomSecret

KEY_VALUE_CLIENT = "key_value_service"
"""The service account with which the key-value service follows revocations."""
COMMAND = "kv"
COMMAND_APPLICATION = Application(redirect_uris=("http://127.0.0.1/callback",), is_first_party=True, name="kv")
"""The command `kv`, which users sign in to with their browser (RFC 8252) or from a device without one (RFC 8628)."""


class EnsureKeyValueClient:
    """Create or update the account of the key-value service. `provide_secret` returns the secret that the services share."""

    def __init__(self, clients: ClientRepository, now: Now, provide_secret: Callable[[], str]) -> None:
        self._clients = clients
        self._now = now
        self._provide_secret = provide_secret

    async def __call__(self) -> None:
        """Store the account with the shared secret. Raises StoreUnavailableError, StoreFullError or SecretUnusableError."""
        secret_hash = RandomSecret(self._provide_secret()).hash
        kept = await self._clients.find(KEY_VALUE_CLIENT)
        if kept is None or kept.secret_hash != secret_hash:
            await self._clients.put(Client(KEY_VALUE_CLIENT, secret_hash, (REVOCATIONS_SCOPE,), self._now()))


class EnsureFirstPartyClients:
    """Create or update the public clients that users sign in to out of the box, by their ids.

    A service account that has such an id already stays what it is.
    """

    def __init__(self, clients: ClientRepository, now: Now, applications: Mapping[str, Application]) -> None:
        self._clients = clients
        self._now = now
        self._applications = applications

    async def __call__(self) -> None:
        """Store each client as it has to be. Raises StoreUnavailableError or StoreFullError."""
        for client_id, application in self._applications.items():
            kept = await self._clients.find(client_id)
            if kept is None:
                await self._clients.add(Client(client_id, "", (), self._now(), True, application), [])
            elif kept.is_public and kept.application != application:
                await self._clients.put(replace(kept, application=application))
