"""The connection to the store."""

from accounts.settings import Settings
from key_value_client import AsyncClient
from key_value_client.authentication import AsyncAuthenticator


def make_client(settings: Settings) -> AsyncClient:
    """Return a client of the store, as the service's own account."""
    return AsyncClient(
        settings.store_url,
        authorization_url=settings.authorization_url,
        client_id=settings.client_id,
        client_secret=settings.read_client_secret(),
        http_options={"trust_env": False},
    )


def make_authenticator(settings: Settings) -> AsyncAuthenticator:
    """Return what tells who sends a request."""
    return AsyncAuthenticator(settings.authorization_url, settings.client_id, settings.read_client_secret())
