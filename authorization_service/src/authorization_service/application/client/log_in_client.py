"""Access tokens of service accounts."""

from authorization_service.application.auth.access_token_issuer import AccessToken, AccessTokenIssuer
from authorization_service.application.client.authenticate_client import AuthenticateClient, ClientCredentials
from authorization_service.domain.exceptions import UnauthorizedClientError
from authorization_service.domain.value_objects.scope import narrow_scopes


class LogInClient:
    """Issue an access token for a client's credentials (RFC 6749, section 4.4)."""

    def __init__(self, authenticate: AuthenticateClient, issuer: AccessTokenIssuer) -> None:
        self._authenticate = authenticate
        self._issuer = issuer

    async def __call__(self, credentials: ClientCredentials, scope: str | None = None) -> AccessToken:
        """Return an access token of the client with the requested scopes, all of its scopes for None.

        Raises InvalidClientError, UnauthorizedClientError for a public client, InvalidScopeError or StoreUnavailableError.
        """
        client, read_at = await self._authenticate(credentials)
        if client.is_public:
            raise UnauthorizedClientError
        scopes = narrow_scopes(client.scopes, scope)
        return self._issuer.issue(client.id, scopes, read_at, client_id=client.id)
