"""The port for storing authorization requests that clients have pushed."""

from datetime import datetime
from typing import NamedTuple, Protocol

from authorization_service.domain.value_objects.random_secret import RandomSecret


class BegunRequest(NamedTuple):
    """The query of a pushed request, and when a browser has presented it."""

    query: str
    begun_at: datetime


class PushedRequestRepository(Protocol):
    """Pushed requests, found by a secret that refers to them. All methods raise StoreUnavailableError."""

    async def push(self, secret: RandomSecret, client_id: str, query: str) -> None:
        """Add a request, for PUSHED_LIFETIME. Raises StoreFullError."""
        ...

    async def begin(self, secret: RandomSecret, client_id: str, following: RandomSecret, begun_at: datetime) -> bool:
        """Let another secret refer to a request that no browser has presented yet, for BEGUN_LIFETIME.

        Returns False, and changes nothing, if this client has no such request. Raises StoreFullError.
        """
        ...

    async def find(self, secret: RandomSecret) -> BegunRequest | None:
        """Return the request that has begun with this secret, or None."""
        ...
