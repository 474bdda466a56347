"""What users and groups may do."""

from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from authorization_service.application.grant.change_grants import GiveGrant, GrantRequest, TakeGrant
from authorization_service.application.grant.grant_repository import HolderKind
from authorization_service.application.grant.show_grants import ShowGrantsOfGroup, ShowRights
from authorization_service.domain.exceptions import (
    AdministratorRequiredError,
    GrantNotHeldError,
    LimitReachedError,
    NoSuchGroupError,
    NoSuchUserError,
)
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.domain.grants import PATTERN
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["grants"], route_class=Operation)

# The grammar is the domain's; here it is only told to the reader of the OpenAPI document.
GrantText = Annotated[
    str,
    Path(
        description="`read`, `write` or `admin`, a colon, and the name of a namespace or the beginning of one and `*`",
        examples=["write:team-*"],
        json_schema_extra={"pattern": PATTERN},
    ),
]


class RightsResponse(BaseModel):
    """What a user may do, and whence."""

    own: list[str] = Field(description="What the user was given itself", examples=[["read:default"]])
    by_group: dict[str, list[str]] = Field(description="What its groups were given", examples=[{"team": ["write:team-*"]}])
    scope: str = Field(description="What its tokens say", examples=["read:default write:team-*"])


class GrantsResponse(BaseModel):
    """What a group was given."""

    grants: list[str] = Field(examples=[["write:team-*"]])


@router.get("/users/{username}/grants")
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError)
async def show_rights(
    username: str,
    caller: Authenticated,
    use_case: FromDishka[ShowRights],
) -> RightsResponse:
    """Show what a user may do, and whence. For administrators."""
    rights = await use_case(caller, username)
    return RightsResponse(
        own=list(map(str, rights.own)),
        by_group={group: list(map(str, grants)) for group, grants in rights.by_group.items()},
        scope=" ".join(rights.scopes),
    )


@router.put("/users/{username}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, LimitReachedError, StoreUnavailableError, StoreFullError)
async def give_to_user(
    username: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[GiveGrant],
) -> None:
    """Give a user a grant, if it does not hold it. The user's tokens are revoked. For administrators."""
    await use_case(GrantRequest(caller, HolderKind.USER, username, grant))


@router.delete("/users/{username}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, GrantNotHeldError, StoreUnavailableError)
async def take_from_user(
    username: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[TakeGrant],
) -> None:
    """Take a grant back from a user, whose tokens are revoked. For administrators."""
    await use_case(GrantRequest(caller, HolderKind.USER, username, grant))


@router.get("/groups/{name}/grants")
@raises(AdministratorRequiredError, NoSuchGroupError, StoreUnavailableError)
async def show_grants_of_group(
    name: str,
    caller: Authenticated,
    use_case: FromDishka[ShowGrantsOfGroup],
) -> GrantsResponse:
    """Show what a group was given. For administrators."""
    return GrantsResponse(grants=list(map(str, await use_case(caller, name))))


@router.put("/groups/{name}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchGroupError, LimitReachedError, StoreUnavailableError, StoreFullError)
async def give_to_group(
    name: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[GiveGrant],
) -> None:
    """Give a group a grant, if it does not hold it. The tokens of its members are revoked. For administrators."""
    await use_case(GrantRequest(caller, HolderKind.GROUP, name, grant))


@router.delete("/groups/{name}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchGroupError, GrantNotHeldError, StoreUnavailableError)
async def take_from_group(
    name: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[TakeGrant],
) -> None:
    """Take a grant back from a group, whose members' tokens are revoked. For administrators."""
    await use_case(GrantRequest(caller, HolderKind.GROUP, name, grant))
