"""The port for tickets by which browsers watch."""

from datetime import datetime
from typing import Protocol

from shared_kernel.application.authentication import Caller


class WatchTickets(Protocol):
    """Keeps the digests of tickets that are not used yet, for all processes of the service.

    All methods raise StoreUnavailableError while the store is unreachable.
    """

    async def keep(self, namespace: str, digest: str, caller: Caller) -> datetime:
        """Keep a ticket for LIFETIME_SECONDS, and return when it expires.

        Raises NoSuchNamespaceError, TooManyWatchTicketsError if the caller's user has MAX_TICKETS_OF_USER that are not used,
        BusyError if there are MAX_TICKETS in all, or StoreFullError.
        """
        ...

    async def redeem(self, namespace: str, digest: str) -> Caller:
        """Return whom a ticket for the namespace was kept for; it is used up, even if nothing comes of that.

        Raises InvalidWatchTicketError if there is no such ticket, whatever the reason.
        """
        ...
