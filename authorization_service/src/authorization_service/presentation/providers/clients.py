"""Service accounts, as administrators see them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from dishka import Provider, Scope, provide

from authorization_service.application.auth.require_administrator import RequireAdministrator
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.client.manage_clients import ChangeClientSecret, CreateClient, DeleteClient, ListClients
from authorization_service.config import Settings
from authorization_service.infrastructure.db.repositories.tarantool_client_repository import TarantoolClientRepository

Now = Callable[[], datetime]


class ClientsProvider(Provider):
    """Their repository and use cases."""

    scope = Scope.APP

    clients = provide(TarantoolClientRepository, provides=ClientRepository)
    list_clients = provide(ListClients)
    create_client = provide(CreateClient)

    @provide
    def change_client_secret(
        self, settings: Settings, require_administrator: RequireAdministrator, clients: ClientRepository, now: Now
    ) -> ChangeClientSecret:
        """Change clients' secrets."""
        return ChangeClientSecret(require_administrator, clients, now, timedelta(seconds=settings.access_token_seconds))

    @provide
    def delete_client(
        self, settings: Settings, require_administrator: RequireAdministrator, clients: ClientRepository, now: Now
    ) -> DeleteClient:
        """Remove clients."""
        return DeleteClient(require_administrator, clients, now, timedelta(seconds=settings.access_token_seconds))
