"""Requests of clients to sign a user out (OpenID Connect RP-Initiated Logout 1.0)."""

from collections.abc import Iterable
from dataclasses import dataclass

from authorization_service.application.authorize.authorization_request import UntrustedRequestError
from authorization_service.application.authorize.id_token_issuer import IdTokenReader
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.domain.entities.client import MAX_ID, Client


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A valid request. `session_id` is the browser session that the client knows; `return_uri` is a registered address."""

    client: Client | None
    session_id: str | None
    return_uri: str | None
    state: str | None


class ReadLogout:
    """Read a request to sign out, with the client that it names. Public."""

    def __init__(self, clients: ClientRepository, id_tokens: IdTokenReader) -> None:
        self._clients = clients
        self._id_tokens = id_tokens

    async def __call__(self, pairs: Iterable[tuple[str, str]]) -> LogoutRequest:
        """Return the request with these parameters.

        Raises UntrustedRequestError if the ID token is not this service's, if it is another client's than the one named, or if
        the address to return to is not registered (section 3): then nothing is redirected. StoreUnavailableError.
        """
        parameters = {name: value for name, value in pairs if value}
        claims = None
        if (hint := parameters.get("id_token_hint")) is not None:
            claims = self._id_tokens.read_claims(hint)
            if claims is None:
                raise UntrustedRequestError("invalid_request")
        client_id = parameters.get("client_id", "" if claims is None else str(claims["aud"]))
        if claims is not None and claims["aud"] != client_id:
            raise UntrustedRequestError("unknown_client")
        client = await self._clients.find(client_id) if 0 < len(client_id) <= MAX_ID else None
        if client is None and client_id:
            raise UntrustedRequestError("unknown_client")
        return_uri = parameters.get("post_logout_redirect_uri")
        if return_uri is not None and (client is None or return_uri not in client.application.post_logout_redirect_uris):
            raise UntrustedRequestError("unknown_redirect_uri")
        session_id = None if claims is None else claims.get("sid")
        return LogoutRequest(client, session_id, return_uri, parameters.get("state"))
