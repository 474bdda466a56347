"""Use case: find out who begins a watch with a ticket."""

from key_value_service.application.changes.watch_tickets import WatchTickets
from key_value_service.domain.exceptions import InvalidWatchTicketError
from key_value_service.domain.value_objects.watch_ticket import WatchTicket
from shared_kernel.application.authentication import AccessTokenVerifier, Caller


class RedeemWatchTicket:
    """Exchange a ticket for its caller, whose access token must still be valid. Whatever comes of it, the ticket is used up."""

    def __init__(self, tickets: WatchTickets, verifier: AccessTokenVerifier) -> None:
        self._tickets = tickets
        self._verifier = verifier

    async def __call__(self, namespace: str, ticket: WatchTicket) -> Caller:
        """Return the caller that has created the ticket. Raises InvalidWatchTicketError or StoreUnavailableError."""
        caller = await self._tickets.redeem(namespace, ticket.digest)
        if not self._verifier.is_still_valid(caller):
            raise InvalidWatchTicketError
        return caller
