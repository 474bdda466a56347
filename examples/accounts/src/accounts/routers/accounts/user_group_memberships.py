"""Who is in which group, from both sides."""

from fastapi import APIRouter

from accounts.dependencies import Cursor, Id, Limit, Reader, ServicesNeeded, Writer
from accounts.schemas import PageRead
from accounts.schemas.user_groups import Group, MemberKind, MembershipRead, UserGroupRead

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
    group_id: Id, services: ServicesNeeded, limit: Limit = 20, cursor: Cursor = None
) -> PageRead[MembershipRead]:
    """Return who is in a group itself."""
    return await services.groups.list_members(group_id, limit=limit, cursor=cursor)


@router.get("/groups/{group_id}/users/", dependencies=[Reader])
async def list_nested_users(group_id: Id, services: ServicesNeeded) -> list[str]:
    """Return the ids of all users in a group, also by way of groups in it."""
    return await services.groups.list_nested_users(group_id)


@router.get("/users/{user_id}/groups/", response_model=list[UserGroupRead], dependencies=[Reader])
async def list_groups_of_user(user_id: Id, services: ServicesNeeded, nested: bool = False) -> list[Group]:
    """Return the groups of a user; with `nested`, also those that these are in."""
    return await services.groups.list_groups_of(user_id, nested=nested)
