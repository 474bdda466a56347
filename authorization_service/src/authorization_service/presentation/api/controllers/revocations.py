"""The feed of revocations, for services that verify access tokens."""

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
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["revocations"], route_class=WaitingOperation)


class RevocationsResponse(BaseModel):
    """A page of the feed. All times are seconds since 1970."""

    feed: str = Field(description="Id of the feed. If it changes, earlier numbers are meaningless: begin again with 0")
    last: int = Field(description="`after` value for the next request")
    revocations: list[SessionRevocation | SubjectRevocation] = Field(description="In order; at most 1000")


@router.get("/revocations", response_model=RevocationsResponse)
@sends(NO_STORE)
@raises(InsufficientScopeError, StoreUnavailableError)
async def follow_revocations(
    caller: Authenticated,
    use_case: FromDishka[FollowRevocations],
    after: Annotated[int, Query(ge=0, lt=2**53, description="Last known number; 0 for all")] = 0,
    wait: Annotated[
        float, Query(ge=0, le=MAX_WAIT, description="Maximum seconds to wait for a revocation with a greater number")
    ] = 0.0,
) -> Response:
    """Return the revocations with numbers greater than `after`. Requires the scope `revocations`.

    An access token is revoked if its `sid` is listed, or if its `sub` is and its `as_of` is less than `number`. Tokens of earlier
    versions have no `as_of`: they are revoked if their `sub` is listed and their `iat` is less than `issued_before`.
    """
    feed, last, revocations = await use_case(caller, after, wait)
    answer = RevocationsResponse(feed=feed, last=last, revocations=list(revocations))
    return Response(answer.model_dump_json().encode(), headers=NO_STORE)
