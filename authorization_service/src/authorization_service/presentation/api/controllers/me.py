"""Operations on the caller's own account."""

from typing import Annotated, Any, ClassVar, Self

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import Field, SecretStr

from authorization_service.application.user.change_password import ChangePassword, ChangePasswordRequest
from authorization_service.application.user.change_profile import ChangeProfile, ChangeProfileRequest
from authorization_service.application.user.delete_me import DeleteMe, DeleteMeRequest
from authorization_service.application.user.show_user import ShowUser
from authorization_service.domain.entities.user import KEPT, Role, User
from authorization_service.domain.exceptions import LastAdministratorError, NoSuchUserError
from authorization_service.presentation.api.controllers.confirmation import (
    CONFIRMATION_ERRORS,
    Code,
    ConfirmationBody,
    make_confirmation,
)
from authorization_service.presentation.api.controllers.users import Name, NewPassword, UserResponse, describe
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["me"], route_class=Operation)

MERGE_PATCH = "application/merge-patch+json"


class MeResponse(UserResponse):
    """The caller's user."""

    role: Role
    profile: dict[str, Any] = Field(description="JSON object with arbitrary members")

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the response for a user."""
        return cls(**describe(user), role=user.role, profile=user.profile.value)


class ChangeMeBody(Body):
    """A merge patch (RFC 7396) of names and profile."""

    media_types: ClassVar[tuple[str, ...]] = (MERGE_PATCH, "application/json")

    first_name: Annotated[Name, Field(default_factory=str, examples=["Anna"])]
    last_name: Annotated[Name | None, Field(default_factory=str, examples=["Petrova-Smith"], description="null removes it")]
    profile: Annotated[
        dict[str, Any] | None,
        Field(
            default_factory=dict,
            description="Merge patch of the profile: null removes a member. The result has at most 16 KiB and 16 levels.",
            examples=[{"city": "Riga", "phone": None}],
        ),
    ]


class ChangePasswordBody(Body):
    """The current password, a code where the caller has a second factor, and the new password."""

    current_password: SecretStr = Field(examples=["Correct-horse-7"])
    new_password: NewPassword
    code: Code = None


@router.get("/me")
@raises(InsufficientScopeError, NoSuchUserError, StoreUnavailableError)
async def show_me(caller: Authenticated, show_user: FromDishka[ShowUser]) -> MeResponse:
    """Show the caller's user."""
    return MeResponse.of(await show_user(caller))


@router.patch("/me")
@raises(InsufficientScopeError, NoSuchUserError, StoreUnavailableError, StoreFullError)
async def change_me(body: ChangeMeBody, caller: Authenticated, change_profile: FromDishka[ChangeProfile]) -> MeResponse:
    """Change names and profile by a merge patch (RFC 7396)."""
    given = body.model_fields_set
    user = await change_profile(
        ChangeProfileRequest(
            caller,
            first_name=body.first_name if "first_name" in given else KEPT,
            last_name=body.last_name if "last_name" in given else KEPT,
            profile_patch=body.profile,
        )
    )
    return MeResponse.of(user)


@router.post("/me/password", status_code=204)
@raises(InsufficientScopeError, *CONFIRMATION_ERRORS, StoreUnavailableError, StoreFullError)
async def change_password(
    body: ChangePasswordBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[ChangePassword]
) -> None:
    """Change the password. Ends all other sessions of the caller."""
    confirmation = make_confirmation(body.current_password, body.code, client)
    await use_case(ChangePasswordRequest(caller, confirmation, body.new_password.get_secret_value()))


@router.delete("/me", status_code=204)
@raises(InsufficientScopeError, *CONFIRMATION_ERRORS, LastAdministratorError, StoreUnavailableError, StoreFullError)
async def delete_me(body: ConfirmationBody, caller: Authenticated, client: ClientInfo, use_case: FromDishka[DeleteMe]) -> None:
    """Delete the caller's user with its sessions, memberships and grants. Pairs that it has written stay."""
    await use_case(DeleteMeRequest(caller, body.confirm(client)))
