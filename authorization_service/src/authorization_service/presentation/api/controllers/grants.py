"""Grants of users and groups."""

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

# The domain checks the grammar; here it is only documented.
GrantText = Annotated[
    str,
    Path(
        description="`read`, `write` or `admin`, a colon, and the name of a namespace or a prefix with `*`; or `read` or"
        " `write`, a colon, the name of a namespace, `/`, and a key or a prefix with `*`, in which all but A-Z, a-z, 0-9 and"
        " `-._~/:@` is percent-encoded",
        examples=["write:team-*", "read:default/config/*"],
        json_schema_extra={"pattern": PATTERN},
    ),
]


class RightsResponse(BaseModel):
    """The grants of a user, and their sources."""

    own: list[str] = Field(description="Grants held by the user directly", examples=[["read:default"]])
    by_group: dict[str, list[str]] = Field(description="Grants held through groups", examples=[{"team": ["write:team-*"]}])
    scope: str = Field(description="Scope of the user's access tokens", examples=["read:default write:team-*"])


class GrantsResponse(BaseModel):
    """The grants of a group."""

    grants: list[str] = Field(examples=[["write:team-*"]])


@router.get("/users/{username}/grants")
@raises(AdministratorRequiredError, NoSuchUserError, StoreUnavailableError)
async def show_rights(
    username: str,
    caller: Authenticated,
    use_case: FromDishka[ShowRights],
) -> RightsResponse:
    """Show the grants of a user, and their sources. Requires an administrator."""
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
    """Give a user a grant, unless it already holds it. Revokes the user's access tokens. Requires an administrator."""
    await use_case(GrantRequest(caller, HolderKind.USER, username, grant))


@router.delete("/users/{username}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchUserError, GrantNotHeldError, StoreUnavailableError, StoreFullError)
async def take_from_user(
    username: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[TakeGrant],
) -> None:
    """Remove a grant from a user. Revokes the user's access tokens. Requires an administrator."""
    await use_case(GrantRequest(caller, HolderKind.USER, username, grant))


@router.get("/groups/{name}/grants")
@raises(AdministratorRequiredError, NoSuchGroupError, StoreUnavailableError)
async def show_grants_of_group(
    name: str,
    caller: Authenticated,
    use_case: FromDishka[ShowGrantsOfGroup],
) -> GrantsResponse:
    """Show the grants of a group. Requires an administrator."""
    return GrantsResponse(grants=list(map(str, await use_case(caller, name))))


@router.put("/groups/{name}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchGroupError, LimitReachedError, StoreUnavailableError, StoreFullError)
async def give_to_group(
    name: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[GiveGrant],
) -> None:
    """Give a group a grant, unless it already holds it. Revokes the members' access tokens. Requires an administrator."""
    await use_case(GrantRequest(caller, HolderKind.GROUP, name, grant))


@router.delete("/groups/{name}/grants/{grant}", status_code=204)
@raises(AdministratorRequiredError, NoSuchGroupError, GrantNotHeldError, StoreUnavailableError, StoreFullError)
async def take_from_group(
    name: str,
    grant: GrantText,
    caller: Authenticated,
    use_case: FromDishka[TakeGrant],
) -> None:
    """Remove a grant from a group. Revokes the members' access tokens. Requires an administrator."""
    await use_case(GrantRequest(caller, HolderKind.GROUP, name, grant))
