"""Who is in which group, from both sides."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from accounts.dependencies import Cursor, Id, Limit, PartByAge, Reader, ServicesNeeded, Writer
from accounts.schemas import PageRead
from accounts.schemas.user_groups import Group, MemberKind, MembershipRead, UserGroupRead
from accounts.schemas.users import User, UserRead

router = APIRouter(tags=["memberships"])


@router.put("/groups/{group_id}/members/{kind}/{member_id}/", status_code=204, dependencies=[Writer])
async def add_member(group_id: Id, kind: MemberKind, member_id: Id, services: ServicesNeeded) -> None:
    """Put a user or a group into a group."""
    await services.groups.add_member(group_id, kind, member_id)


@router.delete("/groups/{group_id}/members/{kind}/{member_id}/", status_code=204, dependencies=[Writer])
async def remove_member(group_id: Id, kind: MemberKind, member_id: Id, services: ServicesNeeded) -> None:
    """Take a user or a group out of a group."""
    await services.groups.remove_member(group_id, kind, member_id)


@router.get("/groups/{group_id}/members/", dependencies=[Reader])
async def list_members(
    group_id: Id,
    services: ServicesNeeded,
    kind: MemberKind | None = None,
    sort: Annotated[Literal["id", "-id"], Query(description="Groups before users, with `-` the other way round")] = "id",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PageRead[MembershipRead]:
    """Return who is in a group itself."""
    reverse = sort.startswith("-")
    return await services.groups.list_members(group_id, kind=kind, limit=limit, cursor=cursor, reverse=reverse)


@router.get("/groups/{group_id}/users/", response_model=PageRead[UserRead], dependencies=[Reader])
async def list_nested_users(
    group_id: Id,
    services: ServicesNeeded,
    part: PartByAge,
    is_active: bool | None = None,
) -> PageRead[User]:
    """Return the users in a group, also by way of groups in it."""
    return await services.groups.list_nested_users(group_id, part, is_active=is_active)


@router.get("/users/{user_id}/groups/", response_model=PageRead[UserGroupRead], dependencies=[Reader])
async def list_groups_of_user(
    user_id: Id,
    services: ServicesNeeded,
    part: PartByAge,
    nested: bool = False,
    prefix: Annotated[str, Query(max_length=64, description="Names that begin with this, in any case")] = "",
) -> PageRead[Group]:
    """Return the groups of a user; with `nested`, also those that these are in."""
    return await services.groups.list_groups_of(user_id, part, nested=nested, prefix=prefix)
