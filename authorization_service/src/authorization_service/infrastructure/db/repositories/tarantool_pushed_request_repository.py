"""Pushed authorization requests in Tarantool's space `pushed_requests`."""

from datetime import datetime

from authorization_service.application.authorize.push_request import BEGUN_LIFETIME, PUSHED_LIFETIME
from authorization_service.application.authorize.pushed_request_repository import BegunRequest
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS, is_changed
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND
from authorization_service.infrastructure.db.repositories.stored_sessions import to_microseconds
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolPushedRequestRepository:
    """Implements PushedRequestRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def push(self, secret: RandomSecret, client_id: str, query: str) -> None:
        """Insert a request."""
        arguments = [secret.hash, client_id, query, to_microseconds(PUSHED_LIFETIME)]
        unwrap(await self._tarantool.call("pushed_requests.push", arguments), REFUSALS)

    async def begin(self, secret: RandomSecret, client_id: str, following: RandomSecret, begun_at: datetime) -> bool:
        """Give a request another hash. Return False if this client has none to begin with."""
        stored_at = (begun_at - EPOCH) // MICROSECOND
        arguments = [secret.hash, client_id, following.hash, stored_at, to_microseconds(BEGUN_LIFETIME)]
        return is_changed(await self._tarantool.call("pushed_requests.begin", arguments))

    async def find(self, secret: RandomSecret) -> BegunRequest | None:
        """Return a request that has begun."""
        stored = await self._tarantool.call("pushed_requests.find", [secret.hash])
        if stored is None:
            return None
        query, begun_at = stored
        return BegunRequest(query, EPOCH + begun_at * MICROSECOND)
