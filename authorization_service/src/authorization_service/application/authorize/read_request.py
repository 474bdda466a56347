"""Reading of authorization requests."""

from collections.abc import Iterable

from authorization_service.application.authorize.authorization_request import AuthorizationRequest
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.domain.entities.client import MAX_ID


class ReadRequest:
    """Read an authorization request, with the client that it names. Public."""

    def __init__(self, clients: ClientRepository) -> None:
        self._clients = clients

    async def __call__(self, pairs: Iterable[tuple[str, str]]) -> AuthorizationRequest:
        """Return the request with these parameters.

        Raises UntrustedRequestError, RefusedRequestError or StoreUnavailableError.
        """
        given = [(name, value) for name, value in pairs if value]
        parameters = dict(given)
        names = [name for name, _ in given]
        repeated = {name for name in parameters if names.count(name) > 1}
        client_id = parameters.get("client_id", "")
        client = await self._clients.find(client_id) if 0 < len(client_id) <= MAX_ID else None
        return AuthorizationRequest.read(client, parameters, repeated)
