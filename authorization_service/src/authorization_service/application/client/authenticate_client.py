"""Recognizing a service account."""

from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.domain.entities.client import MAX_ID, Client
from authorization_service.domain.exceptions import InvalidClientError
from authorization_service.domain.value_objects.client_secret import ClientSecret

MAX_SECRET = 256  # characters: what is longer is no secret of ours and is not worth hashing


class AuthenticateClient:
    """Anyone may try: the secret is too long to be guessed."""

    def __init__(self, clients: ClientRepository) -> None:
        self._clients = clients

    async def __call__(self, client_id: str, secret: str) -> Client:
        """Return the client with this id and secret. Raises InvalidClientError or StoreUnavailableError."""
        if len(client_id) > MAX_ID or len(secret) > MAX_SECRET:
            raise InvalidClientError
        client = await self._clients.find(client_id)
        if client is None or not ClientSecret(secret).matches(client.secret_hash):
            raise InvalidClientError
        return client
