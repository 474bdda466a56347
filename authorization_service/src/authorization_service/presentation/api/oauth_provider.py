"""What the OAuth 2 endpoints, and logging in service accounts, are made of."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial

from dishka import Provider, Scope, provide

from authorization_service.application.client.authenticate_client import AuthenticateClient
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.client.ensure_client import EnsureKeyValueClient
from authorization_service.application.client.log_in_client import LogInClient
from authorization_service.application.session.find_token import AccessTokenInspector, IntrospectToken, RevokeToken
from authorization_service.config import Settings
from authorization_service.infrastructure.security.jwt_access_token_inspector import JwtAccessTokenInspector
from authorization_service.infrastructure.security.provided_secrets import read_or_make_client_secret
from authorization_service.presentation.api.oauth import AllowedOrigins, ServerMetadata, describe_server
from authorization_service.presentation.provisioning import ClientProvisioning, Provisioning

Now = Callable[[], datetime]


class OAuthProvider(Provider):
    """Adapters and use cases."""

    scope = Scope.APP

    authenticate_client = provide(AuthenticateClient)
    inspector = provide(JwtAccessTokenInspector, provides=AccessTokenInspector)
    introspect_token = provide(IntrospectToken)
    revoke_token = provide(RevokeToken)
    log_in_client = provide(LogInClient)

    @provide
    async def key_value_client(
        self, settings: Settings, clients: ClientRepository, now: Now
    ) -> AsyncIterator[ClientProvisioning]:
        """Make the key-value service's account in the background."""
        provide_secret = partial(read_or_make_client_secret, settings.key_value_client_secret_file)
        provisioning = Provisioning("client", EnsureKeyValueClient(clients, now, provide_secret))
        yield ClientProvisioning(provisioning)
        await provisioning.close()

    @provide
    def server_metadata(self, settings: Settings) -> ServerMetadata:
        """Tell where everything is."""
        return describe_server(settings.issuer)

    @provide
    def allowed_origins(self, settings: Settings) -> AllowedOrigins:
        """Let the pages of these origins use the token endpoint."""
        return AllowedOrigins(frozenset(origin.encode() for origin in settings.allowed_origins.split()))
