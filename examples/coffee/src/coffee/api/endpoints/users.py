"""Profiles and roles."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from coffee.api.dependencies import AdministratorNeeded, Id, PartNeeded, ServicesNeeded, UserNeeded
from coffee.api.schemas import PageOut
from coffee.api.schemas.users import RoleIn, UserIn, UserOut
from coffee.core.security import Role
from coffee.db.models.user import User

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me", response_model=UserOut)
async def who_am_i(user: UserNeeded) -> User:
    """Return your profile; the first request makes it."""
    return user


@router.patch("/me", response_model=UserOut)
async def change_profile(body: UserIn, user: UserNeeded, services: ServicesNeeded) -> User:
    """Change your profile."""
    changed = await services.users.change(user.id, body.model_dump(exclude_unset=True))
    return changed.model_copy(update={"role": user.role})


@router.get("")
async def list_users(
    _: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    prefix: Annotated[str, Query(max_length=64, description="Names that begin with this")] = "",
    role: Role | None = None,
    sort: Literal["username", "-username"] = "username",
) -> PageOut[UserOut]:
    """Return users."""
    return PageOut[UserOut].of(await services.users.list_page(prefix, role, part, reverse=sort.startswith("-")))


@router.get("/{user_id}", response_model=UserOut)
async def show_user(user_id: Id, _: UserNeeded, services: ServicesNeeded) -> User:
    """Return a profile."""
    return await services.users.get(user_id)


@router.put("/{user_id}/role", response_model=UserOut)
async def give_role(user_id: Id, body: RoleIn, _: AdministratorNeeded, services: ServicesNeeded) -> User:
    """Give a user a role, as an administrator."""
    return await services.users.give_role(user_id, body.role)
