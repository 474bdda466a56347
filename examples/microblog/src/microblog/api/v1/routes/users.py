"""Profiles, followers and following."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from microblog.api.dependencies import CallerNeeded, Id, ServicesNeeded, SliceNeeded
from microblog.models.user import Profile
from microblog.schemas import PageOut, ProfileIn, UserDetailOut, UserOut
from microblog.utils.pagination import Page

router = APIRouter(prefix="/users", tags=["users"])

Prefix = Annotated[str, Query(max_length=64, description="Names that begin with this, in any case")]
ById = Literal["id", "-id"]


@router.get("")
async def list_users(
    _: CallerNeeded,
    services: ServicesNeeded,
    part: SliceNeeded,
    prefix: Prefix = "",
    sort: Literal["username", "-username"] = "username",
) -> PageOut[UserOut]:
    """Return users."""
    return _to_page(await services.profiles.list_by_name(prefix, part, reverse=sort.startswith("-")))


@router.get("/{user_id}")
async def show_user(user_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> UserDetailOut:
    """Return a profile with its counters."""
    return UserDetailOut.of(*await services.users.describe(caller, user_id))


@router.patch("/me")
async def change_profile(body: ProfileIn, caller: CallerNeeded, services: ServicesNeeded) -> UserOut:
    """Change your profile."""
    await services.users.ensure(caller)
    changes = body.model_dump(exclude_none=True)
    return UserOut(**(await services.profiles.change(caller.subject, changes)).model_dump())


@router.put("/{user_id}/followers/me", status_code=204)
async def follow(user_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> None:
    """Follow a user."""
    await services.users.ensure(caller)
    await services.users.follow(caller, user_id)


@router.delete("/{user_id}/followers/me", status_code=204)
async def unfollow(user_id: Id, caller: CallerNeeded, services: ServicesNeeded) -> None:
    """Follow a user no longer."""
    await services.users.unfollow(caller, user_id)


@router.get("/{user_id}/followers")
async def list_followers(
    user_id: Id, _: CallerNeeded, services: ServicesNeeded, part: SliceNeeded, prefix: Prefix = "", sort: ById = "id"
) -> PageOut[UserOut]:
    """Return who follows a user."""
    await services.users.find(user_id)
    return _to_page(await services.profiles.list_followers(user_id, prefix, part, reverse=sort == "-id"))


@router.get("/{user_id}/following")
async def list_following(
    user_id: Id, _: CallerNeeded, services: ServicesNeeded, part: SliceNeeded, prefix: Prefix = "", sort: ById = "id"
) -> PageOut[UserOut]:
    """Return whom a user follows."""
    await services.users.find(user_id)
    return _to_page(await services.profiles.list_following(user_id, prefix, part, reverse=sort == "-id"))


def _to_page(found: Page[Profile]) -> PageOut[UserOut]:
    return PageOut(items=[UserOut(**profile.model_dump()) for profile in found.items], next_cursor=found.next_cursor)
