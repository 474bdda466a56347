"""Users."""

from typing import Annotated

from fastapi import APIRouter, Query

from accounts.dependencies import Cursor, Id, Limit, Reader, ServicesNeeded, Writer
from accounts.schemas import PageRead
from accounts.schemas.users import User, UserCreate, UserRead, UserUpdate
from accounts.services.users import Sort

router = APIRouter(prefix="/users", tags=["users"])


@router.post("/", status_code=201, response_model=UserRead, dependencies=[Writer])
async def create_user(body: UserCreate, services: ServicesNeeded) -> User:
    """Add a user."""
    return await services.users.create(body)


@router.get("/", response_model=PageRead[UserRead], dependencies=[Reader])
async def list_users(
    services: ServicesNeeded,
    prefix: Annotated[str, Query(max_length=64, description="Names that begin with this, in any case")] = "",
    is_active: bool | None = None,
    sort: Annotated[Sort, Query(description="With `-`, the other way round")] = "username",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PageRead[User]:
    """Return users."""
    return await services.users.list_page(prefix=prefix, is_active=is_active, sort=sort, limit=limit, cursor=cursor)


@router.get("/{user_id}/", response_model=UserRead, dependencies=[Reader])
async def show_user(user_id: Id, services: ServicesNeeded) -> User:
    """Return a user."""
    return await services.users.records.get(user_id)


@router.patch("/{user_id}/", response_model=UserRead, dependencies=[Writer])
async def change_user(user_id: Id, body: UserUpdate, services: ServicesNeeded) -> User:
    """Change a user. Its profile is merged, not replaced."""
    return await services.users.update(user_id, body)


@router.delete("/{user_id}/", status_code=204, dependencies=[Writer])
async def deactivate_user(user_id: Id, services: ServicesNeeded) -> None:
    """Deactivate a user; nothing is deleted."""
    await services.users.set_active(user_id, is_active=False)


@router.post("/{user_id}/activate/", response_model=UserRead, dependencies=[Writer])
async def activate_user(user_id: Id, services: ServicesNeeded) -> User:
    """Activate a user again."""
    return await services.users.set_active(user_id, is_active=True)
