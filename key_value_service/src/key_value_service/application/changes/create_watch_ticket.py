"""Use case: let a browser begin a watch without an access token."""

from datetime import datetime
from typing import NamedTuple

from key_value_service.application.access import require_some
from key_value_service.application.changes.watch_tickets import WatchTickets
from key_value_service.domain.value_objects.watch_ticket import WatchTicket
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action


class CreateWatchTicketResponse(NamedTuple):
    """The ticket, which is shown once, and when it expires."""

    ticket: WatchTicket
    expires_at: datetime


class CreateWatchTicket:
    """Create a ticket for one watch of a namespace, with the rights of the caller. Requires the scope `read:` on some keys."""

    def __init__(self, tickets: WatchTickets) -> None:
        self._tickets = tickets

    async def __call__(self, caller: Caller, namespace: str) -> CreateWatchTicketResponse:
        """Return the ticket.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, TooManyWatchTicketsError, BusyError,
        StoreFullError or StoreUnavailableError.
        """
        require_some(caller, Action.READ, namespace)
        ticket = WatchTicket.new()
        return CreateWatchTicketResponse(ticket, await self._tickets.keep(namespace, ticket.digest, caller))
