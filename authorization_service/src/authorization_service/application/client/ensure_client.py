"""Creation of the service account with which the key-value service follows revocations."""

from collections.abc import Callable

from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.clock import Now
from authorization_service.domain.entities.client import REVOCATIONS_SCOPE, Client
from authorization_service.domain.value_objects.random_secret import RandomSecret

KEY_VALUE_CLIENT = "key_value_service"


class EnsureKeyValueClient:
    """Create or update the account, at start-up. `provide_secret` returns the secret that the services share."""

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
