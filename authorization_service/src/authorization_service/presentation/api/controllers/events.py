"""The audit log: events in the order in which they happened."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from authorization_service.application.event.event_repository import KeptEvent
from authorization_service.application.event.list_events import ListEvents, ListEventsRequest
from authorization_service.domain.events.known import KNOWN_TYPES
from authorization_service.domain.exceptions import AdministratorRequiredError
from authorization_service.domain.value_objects import username
from authorization_service.presentation.api.controllers.administration import PageSize
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["events"], route_class=Operation)


MAX_NUMBER = 2**53 - 1


class Order(StrEnum):
    """In which order events come."""

    OLDEST_FIRST = "oldest"
    NEWEST_FIRST = "newest"


class EventResponse(BaseModel):
    """An event, with the members of its type."""

    model_config = ConfigDict(extra="allow")

    number: int = Field(description="Later events have greater numbers")
    type: str = Field(json_schema_extra={"enum": list(KNOWN_TYPES)})
    user_id: str | None = Field(description="User concerned; null if it concerns no known user")
    username: str | None = Field(description="Name of that user, who may be deleted by now")
    occurred_at: datetime


class EventsResponse(BaseModel):
    """Events, in the requested order."""

    events: list[EventResponse]
    next: int | None = Field(description="`after` value for the next page; null on the last page")
    last: int = Field(description="Number of the latest event. If it is less than `after`, `after` comes from another database")
    forgotten: int = Field(
        description="Number of the latest deleted event of the requested types; 0 if none was deleted."
        " If it is greater than `after`, events up to this number may be missing"
    )


@router.get("/events")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_events(
    caller: Authenticated,
    use_case: FromDishka[ListEvents],
    after: Annotated[
        int | None,
        Query(ge=0, le=MAX_NUMBER, description="Number after which to begin, in the requested order; absent: with the first"),
    ] = None,
    order: Annotated[Order, Query(description="Which events come first")] = Order.OLDEST_FIRST,
    limit: PageSize = 100,
    kind: Annotated[
        str | None, Query(alias="type", description="Only events of this type", json_schema_extra={"enum": list(KNOWN_TYPES)})
    ] = None,
    user: Annotated[
        str | None,
        Query(
            description="Only events that concern the user with this name or id, including deleted users",
            json_schema_extra={
                "minLength": username.MIN_LENGTH,
                "maxLength": username.MAX_EMAIL_LENGTH,
                "pattern": username.PATTERN,
            },
        ),
    ] = None,
) -> EventsResponse:
    """List events of users, sessions, groups, grants and service accounts. Requires an administrator."""
    newest_first = order is Order.NEWEST_FIRST
    if after is None:
        after = MAX_NUMBER if newest_first else 0
    request = ListEventsRequest(caller, after, limit + 1, kind, user, newest_first)
    found, last, forgotten = await use_case(request)
    page = found[:limit]
    return EventsResponse(
        events=[_show(event) for event in page],
        next=page[-1].number if len(found) > limit else None,
        last=last,
        forgotten=forgotten,
    )


def _show(event: KeptEvent) -> EventResponse:
    members = {
        "number": event.number,
        "type": event.type,
        "user_id": event.user_id,
        "username": event.username,
        "occurred_at": event.occurred_at,
    }
    return EventResponse.model_validate({**event.data, **members})
