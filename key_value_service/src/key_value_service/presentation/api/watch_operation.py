"""The route class of watches, which a ticket may authorize: a browser's EventSource sends no header fields of its own."""

from typing import Any

from dishka import AsyncContainer

from key_value_service.application.changes.redeem_watch_ticket import RedeemWatchTicket
from key_value_service.domain.value_objects.watch_ticket import WatchTicket
from key_value_service.presentation.api.problems import Operation
from shared_kernel.domain.rules import RulesBrokenError, Violation
from shared_kernel.presentation.http.routing.bearer import split_credentials
from shared_kernel.presentation.http.routing.parameters import refuse_unknown_parameters
from shared_kernel.presentation.http.server.exchange import Exchange

TICKET = "ticket"


class WatchOperation(Operation):
    """An operation whose parameters `namespace` and `ticket` may stand for an access token."""

    says_staleness = False
    _redeem: RedeemWatchTicket

    async def bind(self, container: AsyncContainer, max_body_bytes: int) -> None:
        """Resolve what the controller needs, and what redeems tickets."""
        await super().bind(container, max_body_bytes)
        self._redeem = await container.get(RedeemWatchTicket)

    def check(self, exchange: Exchange) -> None:
        """Check a head: where it has a ticket, that it has no access token, and otherwise as for any operation."""
        if TICKET.encode() not in exchange.query or self._readers[TICKET](exchange) is None:
            super().check(exchange)
            return
        scheme, _ = split_credentials(exchange.headers.get(b"authorization", b"").decode("latin-1"))
        if scheme == "bearer":  # browsers send others by themselves, to proxies that ask for a password
            message = "A ticket stands for an access token: send one of them. The ticket has not been used."
            raise RulesBrokenError([Violation(TICKET, "exclusive", message)])
        refuse_unknown_parameters(exchange.query, self._query_names)
        self.read_consistency(exchange)

    async def run(self, exchange: Exchange) -> Any:
        """Run the controller for the caller of the token, or else for that of the ticket."""
        if exchange.caller is None:
            ticket = WatchTicket(self._readers[TICKET](exchange))
            exchange.caller = await self._redeem(self._readers["namespace"](exchange), ticket)
        return await super().run(exchange)
