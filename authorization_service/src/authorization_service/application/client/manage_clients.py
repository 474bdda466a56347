"""Administration of clients."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenLifetime
from authorization_service.application.auth.require_administrator import Principal, RequireAdministrator
from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.clock import Now
from authorization_service.domain.entities.client import SERVICE_ACCOUNT, Application, Client
from authorization_service.domain.events.clients import ClientCreated, ClientDeleted, ClientSecretChanged
from authorization_service.domain.exceptions import ClientIdTakenError, NoSuchClientError
from authorization_service.domain.value_objects.random_secret import RandomSecret


@dataclass(frozen=True, slots=True)
class ClientWithSecret:
    """A client and its new secret, which cannot be shown again; None: a public client has none."""

    client: Client
    secret: RandomSecret | None = field(repr=False)


class CreateClient:
    """Create a client. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, clients: ClientRepository, now: Now) -> None:
        self._require_administrator = require_administrator
        self._clients = clients
        self._now = now

    async def __call__(
        self,
        principal: Principal,
        client_id: str,
        scopes: Sequence[str],
        *,
        is_public: bool = False,
        application: Application = SERVICE_ACCOUNT,
    ) -> ClientWithSecret:
        """Return a new client with its secret. `application`: what users sign in to, if they do.

        Raises RulesBrokenError, ClientIdTakenError, StoreUnavailableError or StoreFullError.
        """
        by = await self._require_administrator(principal)
        secret = None if is_public else RandomSecret.new()
        secret_hash = "" if secret is None else secret.hash
        client = Client(client_id, secret_hash, tuple(scopes), self._now(), is_public, application)
        event = ClientCreated(user_id=by, occurred_at=client.created_at, client_id=client.id, scopes=client.scopes, by=by)
        if not await self._clients.add(client, [event]):
            raise ClientIdTakenError
        return ClientWithSecret(client, secret)


class ListClients:
    """List clients. Requires an administrator."""

    def __init__(self, require_administrator: RequireAdministrator, clients: ClientRepository) -> None:
        self._require_administrator = require_administrator
        self._clients = clients

    async def __call__(self, principal: Principal, after: str, most: int) -> Sequence[Client]:
        """Return up to `most` clients with ids greater than `after`, ordered by id. Raises StoreUnavailableError."""
        await self._require_administrator(principal)
        return await self._clients.list(after, most)


class ChangeClientSecret:
    """Replace the secret of a client. Requires an administrator."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        clients: ClientRepository,
        now: Now,
        token_lifetime: AccessTokenLifetime,
    ) -> None:
        self._require_administrator = require_administrator
        self._clients = clients
        self._now = now
        self._token_lifetime = token_lifetime

    async def __call__(self, principal: Principal, client_id: str) -> ClientWithSecret:
        """Return the client with a new secret. The old secret and its access tokens become invalid.

        Raises NoSuchClientError, also for a public client, or StoreUnavailableError.
        """
        by = await self._require_administrator(principal)
        secret, now = RandomSecret.new(), self._now()
        event = ClientSecretChanged(user_id=by, occurred_at=now, client_id=client_id, by=by)
        changed = await self._clients.change_secret(client_id, secret.hash, now + self._token_lifetime, [event])
        client = await self._clients.find(client_id) if changed else None
        if client is None:
            raise NoSuchClientError
        return ClientWithSecret(client, secret)


class DeleteClient:
    """Delete a client. Requires an administrator."""

    def __init__(
        self,
        require_administrator: RequireAdministrator,
        clients: ClientRepository,
        now: Now,
        token_lifetime: AccessTokenLifetime,
    ) -> None:
        self._require_administrator = require_administrator
        self._clients = clients
        self._now = now
        self._token_lifetime = token_lifetime

    async def __call__(self, principal: Principal, client_id: str) -> None:
        """Delete a client and revoke its access tokens. Raises NoSuchClientError or StoreUnavailableError."""
        by = await self._require_administrator(principal)
        now = self._now()
        event = ClientDeleted(user_id=by, occurred_at=now, client_id=client_id, by=by)
        if not await self._clients.remove(client_id, now + self._token_lifetime, [event]):
            raise NoSuchClientError
