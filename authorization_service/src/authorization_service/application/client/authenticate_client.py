"""Authentication of service accounts."""

from dataclasses import dataclass, field

from authorization_service.application.client.client_repository import ClientRepository, ReadClient
from authorization_service.domain.entities.client import MAX_ID
from authorization_service.domain.exceptions import InvalidClientError
from authorization_service.domain.value_objects.client_secret import ClientSecret

MAX_SECRET = 256  # characters: a longer text is no secret of this service and not worth hashing


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A client's id and secret, as submitted."""

    client_id: str
    secret: str = field(repr=False)


class AuthenticateClient:
    """Verify a client's credentials. Public, without a limit on attempts: a secret is too long to be guessed."""

    def __init__(self, clients: ClientRepository) -> None:
        self._clients = clients

    async def __call__(self, credentials: ClientCredentials) -> ReadClient:
        """Return the client with this id and secret. Raises InvalidClientError or StoreUnavailableError."""
        if len(credentials.client_id) > MAX_ID or len(credentials.secret) > MAX_SECRET:
            raise InvalidClientError
        read = await self._clients.read(credentials.client_id)
        if read is None or not ClientSecret(credentials.secret).matches(read.client.secret_hash):
            raise InvalidClientError
        return read
