"""A service account's access token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from authorization_service.application.auth.access_token_issuer import AccessToken, AccessTokenIssuer
from authorization_service.application.client.authenticate_client import AuthenticateClient
from authorization_service.domain.value_objects.scope import narrow_scopes


@dataclass(frozen=True, slots=True)
class LogInClientRequest:
    """Who a program claims to be, and which of its scopes it wants: None is all."""

    client_id: str
    secret: str = field(repr=False)
    scope: str | None = None


class LogInClient:
    """For whoever has a client's secret (RFC 6749, section 4.4)."""

    def __init__(self, authenticate: AuthenticateClient, issuer: AccessTokenIssuer, now: Callable[[], datetime]) -> None:
        self._authenticate = authenticate
        self._issuer = issuer
        self._now = now

    async def __call__(self, request: LogInClientRequest) -> AccessToken:
        """Return an access token of the client itself. Raises InvalidClientError, InvalidScopeError or StoreUnavailableError."""
        issued_at = self._now()
        client = await self._authenticate(request.client_id, request.secret)
        scopes = narrow_scopes(client.scopes, request.scope)
        return self._issuer.issue(client.id, scopes, issued_at, client_id=client.id)
