"""Groups of users, and their members."""

from datetime import datetime
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from authorization_service.application.group.groups import CreateGroup, DeleteGroup, ListGroups, ShowGroup
from authorization_service.application.group.memberships import AddMember, MembershipRequest, RemoveMember
from authorization_service.domain.exceptions import (
    AdministratorRequiredError,
    LimitReachedError,
    NoSuchGroupError,
    NoSuchUserError,
    NotAMemberError,
)
from authorization_service.domain.value_objects import group_name
from authorization_service.presentation.api.controllers.administration import Cursor, NextCursor, PageSize
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import Caller
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["groups"], route_class=Operation)


# The domain checks the rule; here it is only documented.
NewGroupName = Annotated[str, Path(json_schema_extra={"maxLength": group_name.MAX_LENGTH, "pattern": group_name.PATTERN})]


class GroupResponse(BaseModel):
    """A group, its members' usernames and its grants."""

    name: str
    created_at: datetime
    members: list[str]
    grants: list[str] = Field(examples=[["read:team-*"]])


class ListedGroup(BaseModel):
    """A group in a list."""

    name: str
    created_at: datetime


class GroupsResponse(BaseModel):
    """Groups, ordered by name."""

    groups: list[ListedGroup]
    next_cursor: NextCursor


@router.get("/groups")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_groups(
    caller: Authenticated,
    use_case: FromDishka[ListGroups],
    limit: PageSize = 100,
    cursor: Cursor = "",
) -> GroupsResponse:
    """List groups. Requires an administrator."""
    found = await use_case(caller, cursor, limit + 1)
    page = found[:limit]
    return GroupsResponse(
        groups=[ListedGroup(name=group.name.value, created_at=group.created_at) for group in page],
        next_cursor=page[-1].name.value if len(found) > limit else None,
    )


async def _show(caller: Caller, name: str, show: ShowGroup) -> GroupResponse:
    shown = await show(caller, name)
    return GroupResponse(
        name=name, created_at=shown.group.created_at, members=list(shown.members), grants=list(map(str, shown.grants))
    )


@router.get("/groups/{name}")
@raises(AdministratorRequiredError, NoSuchGroupError, StoreUnavailableError)
async def show_group(name: str, caller: Authenticated, use_case: FromDishka[ShowGroup]) -> GroupResponse:
    """Show a group with its members and grants. Requires an administrator."""
    return await _show(caller, name, use_case)


@router.put("/groups/{name}", response_model=GroupResponse, status_code=201, responses={200: {"model": GroupResponse}})
@raises(AdministratorRequiredError, NoSuchGroupError, StoreUnavailableError, StoreFullError)
async def create_group(
    name: NewGroupName,
    caller: Authenticated,
    create: FromDishka[CreateGroup],
    show: FromDishka[ShowGroup],
) -> Response:
    """Create a group (201), or return the existing group of this name unchanged (200). Requires an administrator."""
    is_new = await create(caller, name)
    answer = await _show(caller, name, show)
    return Response(answer.model_dump_json().encode(), 201 if is_new else 200)


@router.delete("/groups/{name}", status_code=204)
@raises(AdministratorRequiredError, NoSuchGroupError, StoreUnavailableError, StoreFullError)
async def delete_group(
    name: str,
    caller: Authenticated,
    use_case: FromDishka[DeleteGroup],
) -> None:
    """Delete a group with its memberships and grants. Revokes the members' access tokens. Requires an administrator."""
    await use_case(caller, name)


@router.put("/groups/{name}/members/{username}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, NoSuchGroupError, LimitReachedError, StoreUnavailableError, StoreFullError)
async def add_member(
    name: str,
    username: str,
    caller: Authenticated,
    use_case: FromDishka[AddMember],
) -> None:
    """Add a user to a group, unless it is already a member. Revokes the user's access tokens. Requires an administrator."""
    await use_case(MembershipRequest(caller, name, username))


@router.delete("/groups/{name}/members/{username}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, NoSuchGroupError, NotAMemberError, StoreUnavailableError, StoreFullError)
async def remove_member(
    name: str,
    username: str,
    caller: Authenticated,
    use_case: FromDishka[RemoveMember],
) -> None:
    """Remove a user from a group. Revokes the user's access tokens. Requires an administrator."""
    await use_case(MembershipRequest(caller, name, username))
