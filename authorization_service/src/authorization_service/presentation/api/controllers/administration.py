"""Administration of users."""

from typing import Annotated, Self

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from authorization_service.application.factor.manage_factors import RemoveFactorsOfUser
from authorization_service.application.user.administer_user import AdministerUser, AdministerUserRequest
from authorization_service.application.user.delete_user import DeleteUser, DeleteUserRequest
from authorization_service.application.user.find_user import FindUser
from authorization_service.application.user.list_users import ListUsers, ListUsersRequest
from authorization_service.application.user.unlock_user import UnlockUser
from authorization_service.domain.entities.user import Role, User
from authorization_service.domain.exceptions import AdministratorRequiredError, LastAdministratorError, NoSuchUserError
from authorization_service.domain.value_objects import username
from authorization_service.presentation.api.controllers.users import UserResponse, describe
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["administration"], route_class=Operation)

PageSize = Annotated[int, Query(ge=1, le=1000, description="Maximum number of entries in a page")]
# The name after which a page begins.
UserCursor = Annotated[
    str,
    Query(
        max_length=username.MAX_EMAIL_LENGTH,
        pattern=f"{username.KEY_PATTERN}|^$",
        description="`next_cursor` of the previous page",
    ),
]
Cursor = Annotated[
    str, Query(max_length=64, pattern=r"^([a-z0-9][a-z0-9._-]*)?$", description="`next_cursor` of the previous page")
]
NextCursor = Annotated[str | None, Field(description="Cursor of the next page; null on the last page")]


class AdministeredUserResponse(UserResponse):
    """A user, with what only administrators see."""

    role: Role
    is_enabled: bool = Field(description="Whether the user can log in")

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the response for a user."""
        return cls(**describe(user), role=user.role, is_enabled=user.is_enabled)


class UsersResponse(BaseModel):
    """Users, ordered by username without regard to case."""

    users: list[AdministeredUserResponse]
    next_cursor: NextCursor


class ChangeUserBody(Body):
    """Changes to a user. Absent and null members change nothing."""

    is_enabled: bool | None = None
    role: Role | None = None


@router.get("/users")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_users(
    caller: Authenticated,
    use_case: FromDishka[ListUsers],
    prefix: Annotated[str, Query(description="Beginning of the usernames, in any case")] = "",
    limit: PageSize = 100,
    cursor: UserCursor = "",
) -> UsersResponse:
    """List users. Requires an administrator."""
    found = await use_case(ListUsersRequest(caller, prefix, cursor, limit + 1))
    page = found[:limit]
    return UsersResponse(
        users=[AdministeredUserResponse.of(user) for user in page],
        next_cursor=page[-1].username.key if len(found) > limit else None,
    )


@router.get("/users/{username}")
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError)
async def show_user(username: str, caller: Authenticated, use_case: FromDishka[FindUser]) -> AdministeredUserResponse:
    """Show a user. Requires an administrator."""
    return AdministeredUserResponse.of(await use_case(caller, username))


@router.patch("/users/{username}")
@raises(AdministratorRequiredError, NoSuchUserError, LastAdministratorError, StoreUnavailableError, StoreFullError)
async def change_user(
    username: str,
    body: ChangeUserBody,
    caller: Authenticated,
    use_case: FromDishka[AdministerUser],
) -> AdministeredUserResponse:
    """Disable or enable a user, or change the role. Disabling ends all sessions of the user. Requires an administrator."""
    return AdministeredUserResponse.of(await use_case(AdministerUserRequest(caller, username, body.is_enabled, body.role)))


@router.delete("/users/{username}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, LastAdministratorError, StoreUnavailableError, StoreFullError)
async def delete_user(
    username: str,
    caller: Authenticated,
    use_case: FromDishka[DeleteUser],
) -> None:
    """Delete a user with its sessions, memberships and grants. Requires an administrator."""
    await use_case(DeleteUserRequest(caller, username))


@router.post("/users/{username}/unlock", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError, StoreFullError)
async def unlock_user(
    username: str,
    caller: Authenticated,
    use_case: FromDishka[UnlockUser],
) -> None:
    """Reset the failed login attempts of a user. Requires an administrator."""
    await use_case(caller, username)


@router.delete("/users/{username}/factors", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError, StoreFullError)
async def remove_factors(
    username: str,
    caller: Authenticated,
    use_case: FromDishka[RemoveFactorsOfUser],
) -> None:
    """Remove all second factors of a user that has lost them, and its recovery codes. Requires an administrator."""
    await use_case(caller, username)
