"""Who may do what in a namespace, and why."""

from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from authorization_service.application.grant.explain_access import Access, ExplainAccess, ExplainAccessRequest, SubjectKind
from authorization_service.domain.entities import client
from authorization_service.domain.exceptions import AdministratorRequiredError
from authorization_service.domain.value_objects import username
from authorization_service.presentation.api.controllers.administration import NextCursor, PageSize
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.domain.grants import MAX_NAMESPACE, NAMESPACE_PATTERN, Action, is_allowed
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

DEFAULT_NAMESPACE = "default"

router = APIRouter(tags=["grants"], route_class=Operation)


SubjectCursor = Annotated[
    str,
    Query(
        max_length=username.MAX_EMAIL_LENGTH,
        pattern=f"{username.KEY_PATTERN}|{client.ID_PATTERN}|^$",
        description="`next_cursor` of the previous page",
    ),
]


class ReasonResponse(BaseModel):
    """A grant that allows something in the namespace."""

    grant: str = Field(examples=["write:team-*"])
    group: str | None = Field(description="The group that it comes from; null: it is held directly", examples=["team"])


class AccessResponse(BaseModel):
    """A user, or a client on its own behalf, that may do something in the namespace."""

    name: str = Field(description="Username, or id of the client")
    is_enabled: bool = Field(description="Whether it gets access tokens")
    actions: list[Action] = Field(description="What it may do in the whole namespace; empty: something, but on some keys only")
    reasons: list[ReasonResponse]


class AccessPageResponse(BaseModel):
    """Those that may do something in the namespace, ordered by name."""

    access: list[AccessResponse]
    next_cursor: NextCursor


@router.get("/access")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def explain_access(
    caller: Authenticated,
    use_case: FromDishka[ExplainAccess],
    namespace: Annotated[
        str,
        Query(
            description="Name of the namespace, whether or not it exists",
            json_schema_extra={"pattern": NAMESPACE_PATTERN, "minLength": 1, "maxLength": MAX_NAMESPACE},
        ),
    ] = DEFAULT_NAMESPACE,
    kind: Annotated[SubjectKind, Query(description="Whether to look through users, or clients on their own behalf")] = (
        SubjectKind.USER
    ),
    limit: PageSize = 100,
    cursor: SubjectCursor = "",
) -> AccessPageResponse:
    """Find who may do what in a namespace, and why, among the next `limit` users or clients. Requires an administrator."""
    page = await use_case(ExplainAccessRequest(caller, namespace, kind, cursor, limit))
    return AccessPageResponse(access=[_describe(access, namespace) for access in page.found], next_cursor=page.next)


def _describe(access: Access, namespace: str) -> AccessResponse:
    scopes = {str(reason.grant) for reason in access.reasons}
    return AccessResponse(
        name=access.name,
        is_enabled=access.is_enabled,
        actions=[action for action in Action if is_allowed(scopes, action, namespace)],
        reasons=[ReasonResponse(grant=str(reason.grant), group=reason.group) for reason in access.reasons],
    )
