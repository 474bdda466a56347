"""What those who verify access tokens follow."""

from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from authorization_service.application.revocation.follow_revocations import MAX_WAIT, FollowRevocations
from authorization_service.domain.entities.revocation import SessionRevocation, SubjectRevocation
from authorization_service.presentation.api.problems import WaitingOperation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["revocations"], route_class=WaitingOperation)


class RevocationsResponse(BaseModel):
    """A page of the feed. All times are seconds since 1970."""

    feed: str = Field(description="Which feed this is; numbers of another one mean nothing in it: begin again with 0")
    last: int = Field(description="What to ask behind next time")
    revocations: list[SessionRevocation | SubjectRevocation] = Field(description="In order; at most 1000")


@router.get("/revocations", response_model=RevocationsResponse)
@raises(InsufficientScopeError, StoreUnavailableError)
async def follow_revocations(
    caller: Authenticated,
    use_case: FromDishka[FollowRevocations],
    after: Annotated[int, Query(ge=0, lt=2**53, description="The last number that is known; 0 asks for all")] = 0,
    wait: Annotated[float, Query(ge=0, le=MAX_WAIT, description="Seconds to wait until there is something behind it")] = 0.0,
) -> Response:
    """Return the access tokens that have been revoked since, to whose verification the scope `revocations` belongs.

    A token is revoked if its `sid` is named, or if its `sub` is and its `iat` is less than `issued_before`.
    """
    feed, last, revocations = await use_case(caller, after, wait)
    answer = RevocationsResponse(feed=feed, last=last, revocations=list(revocations))
    return Response(answer.model_dump_json().encode(), headers=NO_STORE)
