"""The connections to the store, as the application's service account."""

import httpx

from coffee.core.config import Settings
from key_value_client import AsyncClient, Client


def make_client(settings: Settings) -> AsyncClient:
    """Return a client for the application."""
    return AsyncClient(
        settings.store_url,
        authorization_url=settings.authorization_url,
        client_id=settings.client_id,
        client_secret=settings.read_client_secret(),
        retry_for=settings.store_wait_seconds,
        http_options={"limits": httpx.Limits(max_connections=None, max_keepalive_connections=100), "trust_env": False},
    )


def make_blocking_client(settings: Settings) -> Client:
    """Return a client for tasks, which block."""
    return Client(
        settings.store_url,
        authorization_url=settings.authorization_url,
        client_id=settings.client_id,
        client_secret=settings.read_client_secret(),
        retry_for=settings.store_wait_seconds,
        http_options={"trust_env": False},
    )
