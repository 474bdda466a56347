"""Authentication of clients."""

from dataclasses import dataclass, field

from authorization_service.application.client.client_repository import ClientRepository, ReadClient
from authorization_service.domain.entities.client import MAX_ID
from authorization_service.domain.exceptions import InvalidClientError
from authorization_service.domain.value_objects.random_secret import RandomSecret

MAX_SECRET = 256  # characters: a longer text is no secret of this service and not worth hashing


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A client's id and secret, as submitted. None: it only names itself."""

    client_id: str
    secret: str | None = field(default=None, repr=False)


class AuthenticateClient:
    """Verify a client's credentials; whoever names a public client is taken for it.

    Public, without a limit on attempts: a secret is too long to be guessed.
    """

    def __init__(self, clients: ClientRepository) -> None:
        self._clients = clients

    async def __call__(self, credentials: ClientCredentials) -> ReadClient:
        """Return the client with this id and secret; a public one has none, and an empty one counts as none.

        Raises InvalidClientError or StoreUnavailableError.
        """
        secret = credentials.secret or ""
        if len(credentials.client_id) > MAX_ID or len(secret) > MAX_SECRET:
            raise InvalidClientError
        read = await self._clients.read(credentials.client_id)
        if read is None or bool(secret) is read.client.is_public:
            raise InvalidClientError
        if not read.client.is_public and not RandomSecret(secret).matches(read.client.secret_hash):
            raise InvalidClientError
        return read
