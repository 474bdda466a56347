"""Groups."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from accounts.dependencies import Cursor, Id, Limit, Reader, ServicesNeeded, Writer
from accounts.schemas import PageRead
from accounts.schemas.user_groups import Group, UserGroupCreate, UserGroupRead, UserGroupUpdate

router = APIRouter(prefix="/groups", tags=["groups"])


@router.post("/", status_code=201, response_model=UserGroupRead, dependencies=[Writer])
async def create_group(body: UserGroupCreate, services: ServicesNeeded) -> Group:
    """Add a group."""
    return await services.groups.create(body)


@router.get("/", response_model=PageRead[UserGroupRead], dependencies=[Reader])
async def list_groups(
    services: ServicesNeeded,
    prefix: Annotated[str, Query(max_length=64, description="Names that begin with this, in any case")] = "",
    sort: Literal["name", "-name"] = "name",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PageRead[Group]:
    """Return groups."""
    return await services.groups.list_page(prefix=prefix, limit=limit, cursor=cursor, reverse=sort.startswith("-"))


@router.get("/{group_id}/", response_model=UserGroupRead, dependencies=[Reader])
async def show_group(group_id: Id, services: ServicesNeeded) -> Group:
    """Return a group."""
    return await services.groups.records.get(group_id)


@router.patch("/{group_id}/", response_model=UserGroupRead, dependencies=[Writer])
async def change_group(group_id: Id, body: UserGroupUpdate, services: ServicesNeeded) -> Group:
    """Change a group."""
    return await services.groups.update(group_id, body)
