"""Tickets by which browsers watch."""

from datetime import datetime

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from key_value_service.application.changes.create_watch_ticket import CreateWatchTicket
from key_value_service.domain.exceptions import TooManyWatchTicketsError
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import NAMESPACE_ERRORS, Operation
from shared_kernel.application.availability import BusyError, StoreFullError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["changes"], route_class=Operation)


class WatchTicketResponse(BaseModel):
    """A ticket, which is shown once."""

    ticket: str = Field(description="Secret: `ticket` of one `GET /namespaces/{namespace}/watch`")
    expires_at: datetime = Field(description="Until when the watch must have begun: 30 seconds later")


@router.post("/namespaces/{namespace}/watch-tickets", response_model=WatchTicketResponse, status_code=201)
@sends(NO_STORE)
@raises(*NAMESPACE_ERRORS, TooManyWatchTicketsError, BusyError, StoreFullError)
async def create_watch_ticket(
    namespace: NamespaceInPath, caller: Authenticated, use_case: FromDishka[CreateWatchTicket]
) -> Response:
    """Create a ticket for one watch of the namespace, for browsers: their EventSource can send no access token.

    The watch has the rights of the access token that created the ticket, and ends with it.
    """
    created = await use_case(caller, namespace)
    response = WatchTicketResponse(ticket=created.ticket.text, expires_at=created.expires_at)
    return Response(response.model_dump_json().encode(), 201, headers=NO_STORE)
