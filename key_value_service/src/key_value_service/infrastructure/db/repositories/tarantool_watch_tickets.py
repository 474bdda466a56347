"""Tickets in Tarantool's space `watch_tickets`."""

from datetime import datetime

from key_value_service.domain.value_objects.watch_ticket import LIFETIME_SECONDS, MAX_TICKETS, MAX_TICKETS_OF_USER
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from key_value_service.infrastructure.db.repositories.tarantool_namespace_repository import MICROSECOND
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import EPOCH
from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolWatchTickets:
    """Implements WatchTickets."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def keep(self, namespace: str, digest: str, caller: Caller) -> datetime:
        """Keep a ticket, and return when it expires."""
        # It begins with a number: what begins with a string is a refusal.
        token = [
            caller.issued_at, caller.expires_at, caller.user_id, sorted(caller.scopes), caller.session_id, caller.key_id,
            caller.as_of,
        ]  # fmt: skip
        limits = [LIFETIME_SECONDS, MAX_TICKETS_OF_USER, MAX_TICKETS]
        arguments = [namespace, digest, caller.user_id, token, *limits]
        expires_at: int
        (expires_at,) = unwrap(await self._tarantool.call("watch_tickets.create", arguments), REFUSALS)
        return EPOCH + expires_at * MICROSECOND

    async def redeem(self, namespace: str, digest: str) -> Caller:
        """Return whom a ticket was kept for."""
        token = unwrap(await self._tarantool.call("watch_tickets.redeem", [namespace, digest]), REFUSALS)
        issued_at, expires_at, user_id, scopes, session_id, key_id, as_of = token
        return Caller(user_id, frozenset(scopes), session_id, issued_at, expires_at, key_id, as_of)
