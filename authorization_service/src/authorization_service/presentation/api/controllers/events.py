"""What has happened, for those who look after the service."""

from datetime import datetime
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


class EventResponse(BaseModel):
    """Something that has happened, with what its type tells."""

    model_config = ConfigDict(extra="allow")

    number: int = Field(description="Later events have greater numbers")
    type: str = Field(json_schema_extra={"enum": list(KNOWN_TYPES)})
    user_id: str | None = Field(description="Whom it concerns; null where that is nobody who is known")
    username: str | None = Field(description="The name of that user, who may be gone by now")
    occurred_at: datetime


class EventsResponse(BaseModel):
    """Events in order."""

    events: list[EventResponse]
    next: int | None = Field(description="What to ask behind for the next page; null on the last one")
    last: int = Field(description="The number of the latest event of all. Less than `after`: that was a number of other data")
    forgotten: int = Field(
        description="The number of the latest event, of the wanted types, that is not kept any more; 0: there is none."
        " Greater than `after`: the page may lack events up to this number"
    )


@router.get("/events")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_events(
    caller: Authenticated,
    use_case: FromDishka[ListEvents],
    after: Annotated[int, Query(ge=0, lt=2**53, description="The last number that is known; 0 asks from the oldest on")] = 0,
    limit: PageSize = 100,
    kind: Annotated[
        str | None, Query(alias="type", description="Events of this type alone", json_schema_extra={"enum": list(KNOWN_TYPES)})
    ] = None,
    user: Annotated[
        str | None,
        Query(
            description="Events that concern the user with this name or this id alone, also one who is gone",
            json_schema_extra={
                "minLength": username.SHORTEST,
                "maxLength": username.LONGEST,
                "pattern": username.PATTERN,
            },
        ),
    ] = None,
) -> EventsResponse:
    """List what has happened to users, sessions, groups, grants and service accounts. For administrators."""
    found, last, forgotten = await use_case(ListEventsRequest(caller, after, limit + 1, kind, user))
    page = found[:limit]
    return EventsResponse(
        events=[_show(event) for event in page],
        next=page[-1].number if len(found) > limit else None,
        last=last,
        forgotten=forgotten,
    )


def _show(event: KeptEvent) -> EventResponse:
    told = {
        "number": event.number,
        "type": event.type,
        "user_id": event.user_id,
        "username": event.username,
        "occurred_at": event.occurred_at,
    }
    return EventResponse.model_validate({**event.data, **told})
