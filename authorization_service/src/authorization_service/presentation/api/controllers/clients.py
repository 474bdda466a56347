"""Administration of service accounts."""

from datetime import datetime
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field

from authorization_service.application.client.manage_clients import (
    ChangeClientSecret,
    ClientWithSecret,
    CreateClient,
    DeleteClient,
    ListClients,
)
from authorization_service.domain.entities import client as domain
from authorization_service.domain.exceptions import AdministratorRequiredError, ClientIdTakenError, NoSuchClientError
from authorization_service.presentation.api.controllers.administration import Cursor, NextCursor, PageSize
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["clients"], route_class=Operation)


class CreateClientBody(Body):
    """A new service account."""

    client_id: str = Field(
        examples=["reporter"],
        json_schema_extra={"minLength": 1, "maxLength": domain.MAX_ID, "pattern": domain.ID_PATTERN},
    )
    scopes: list[Annotated[str, Field(json_schema_extra={"pattern": domain.SCOPE_PATTERN})]] = Field(
        description=f"At most {domain.MAX_SCOPES}: grants, as users have them, or `{domain.REVOCATIONS_SCOPE}`.",
        examples=[["read:default"]],
        json_schema_extra={"maxItems": domain.MAX_SCOPES, "uniqueItems": True},
    )


class ClientResponse(BaseModel):
    """A service account."""

    client_id: str
    scopes: list[str]
    created_at: datetime


class ClientSecretResponse(ClientResponse):
    """A service account and its secret."""

    client_secret: str = Field(description="256 random bits, base64url. Shown only in this response")


class ClientsResponse(BaseModel):
    """Service accounts, ordered by id."""

    clients: list[ClientResponse]
    next_cursor: NextCursor


@router.post("/clients", status_code=201, response_model=ClientSecretResponse)
@sends(NO_STORE)
@raises(AdministratorRequiredError, ClientIdTakenError, StoreUnavailableError, StoreFullError)
async def create_client(
    body: CreateClientBody,
    caller: Authenticated,
    use_case: FromDishka[CreateClient],
) -> Response:
    """Create a service account. Requires an administrator."""
    return _answer(await use_case(caller, body.client_id, body.scopes), 201)


@router.get("/clients")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_clients(
    caller: Authenticated,
    use_case: FromDishka[ListClients],
    limit: PageSize = 100,
    cursor: Cursor = "",
) -> ClientsResponse:
    """List service accounts. Requires an administrator."""
    found = await use_case(caller, cursor, limit + 1)
    page = found[:limit]
    return ClientsResponse(clients=[_show(client) for client in page], next_cursor=page[-1].id if len(found) > limit else None)


@router.post("/clients/{client_id}/secret", response_model=ClientSecretResponse)
@sends(NO_STORE)
@raises(AdministratorRequiredError, NoSuchClientError, StoreUnavailableError, StoreFullError)
async def change_client_secret(
    client_id: str,
    caller: Authenticated,
    use_case: FromDishka[ChangeClientSecret],
) -> Response:
    """Replace the secret of a service account. The old secret and its access tokens become invalid. Requires an administrator."""
    return _answer(await use_case(caller, client_id), 200)


@router.delete("/clients/{client_id}", status_code=204)
@raises(AdministratorRequiredError, NoSuchClientError, StoreUnavailableError, StoreFullError)
async def delete_client(
    client_id: str,
    caller: Authenticated,
    use_case: FromDishka[DeleteClient],
) -> None:
    """Delete a service account and revoke its access tokens. Requires an administrator."""
    await use_case(caller, client_id)


def _show(client: domain.Client) -> ClientResponse:
    return ClientResponse(client_id=client.id, scopes=list(client.scopes), created_at=client.created_at)


def _answer(made: ClientWithSecret, status: int) -> Response:
    answer = ClientSecretResponse(**_show(made.client).model_dump(), client_secret=made.secret.text)
    return Response(answer.model_dump_json().encode(), status, headers=NO_STORE)
