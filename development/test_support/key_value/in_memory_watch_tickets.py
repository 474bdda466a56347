"""The port WatchTickets, in memory."""

import time
from datetime import UTC, datetime, timedelta

from key_value_service.domain.exceptions import InvalidWatchTicketError, NoSuchNamespaceError, TooManyWatchTicketsError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.watch_ticket import LIFETIME_SECONDS, MAX_TICKETS, MAX_TICKETS_OF_USER
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import BusyError


class InMemoryWatchTickets:
    """Implements WatchTickets for the namespaces `default` and `other`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Caller, float]] = {}

    async def keep(self, namespace: str, digest: str, caller: Caller) -> datetime:
        """Keep a ticket, and return when it expires."""
        if namespace not in {DEFAULT_NAMESPACE, "other"}:
            raise NoSuchNamespaceError
        if sum(kept.user_id == caller.user_id for kept, _ in self._kept.values()) >= MAX_TICKETS_OF_USER:
            raise TooManyWatchTicketsError(LIFETIME_SECONDS)
        if len(self._kept) >= MAX_TICKETS:
            raise BusyError("full")
        self._kept[namespace, digest] = caller, time.monotonic() + LIFETIME_SECONDS
        return datetime.now(UTC) + timedelta(seconds=LIFETIME_SECONDS)

    async def redeem(self, namespace: str, digest: str) -> Caller:
        """Return whom a ticket was kept for."""
        caller, expires_at = self._kept.pop((namespace, digest), (None, 0.0))
        if caller is None or expires_at <= time.monotonic():
            raise InvalidWatchTicketError
        return caller
