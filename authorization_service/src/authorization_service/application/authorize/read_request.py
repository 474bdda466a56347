"""Reading of authorization requests."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from authorization_service.application.authorize.authorization_request import (
    AuthorizationRequest,
    Begun,
    UntrustedRequestError,
)
from authorization_service.application.authorize.pushed_request_repository import PushedRequestRepository
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.domain.entities.client import MAX_ID, Client
from authorization_service.domain.value_objects.random_secret import RandomSecret

CONTINUATION = "continuation"
"""The parameter that refers to a pushed request with which the browser has begun. It stands for all others."""


class ReadRequest:
    """Read an authorization request, with the client that it names. Public."""

    def __init__(self, clients: ClientRepository, pushed: PushedRequestRepository) -> None:
        self._clients = clients
        self._pushed = pushed

    async def __call__(self, pairs: Iterable[tuple[str, str]]) -> AuthorizationRequest:
        """Return the request with these parameters.

        Raises UntrustedRequestError, RefusedRequestError or StoreUnavailableError.
        """
        given = [(name, value) for name, value in pairs if value]
        parameters = dict(given)
        if CONTINUATION in parameters:
            return await self._read_pushed(RandomSecret(parameters[CONTINUATION]))
        names = [name for name, _ in given]
        repeated = {name for name in parameters if names.count(name) > 1}
        return AuthorizationRequest.read(await self._find_client(parameters.get("client_id", "")), parameters, repeated)

    async def _read_pushed(self, reference: RandomSecret) -> AuthorizationRequest:
        pushed = await self._pushed.find(reference)
        if pushed is None:
            raise UntrustedRequestError("expired_request")
        parameters = dict(parse_qsl(pushed.query))
        client = await self._find_client(parameters["client_id"])
        return AuthorizationRequest.read(client, parameters, begun=Begun(reference, pushed.begun_at))

    async def _find_client(self, client_id: str) -> Client | None:
        return await self._clients.find(client_id) if 0 < len(client_id) <= MAX_ID else None
