"""What administrators do with service accounts."""

from datetime import datetime
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from authorization_service.application.auth.require_administrator import RequireAdministrator
from authorization_service.application.client.manage_clients import (
    ChangeClientSecret,
    ClientWithSecret,
    CreateClient,
    DeleteClient,
    ListClients,
)
from authorization_service.domain.entities import client as domain
from authorization_service.domain.exceptions import AdministratorRequiredError, ClientIdTakenError, NoSuchClientError
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.answer import NO_STORE, Answer
from shared_kernel.presentation.http.bearer import Authenticated
from shared_kernel.presentation.http.body import Body
from shared_kernel.presentation.http.direct_route import raises

router = APIRouter(tags=["clients"], route_class=Operation)


class CreateClientBody(Body):
    """A new service account."""

    client_id: str = Field(
        examples=["reporter"],
        json_schema_extra={"minLength": 1, "maxLength": domain.LONGEST_ID, "pattern": domain.ID_PATTERN},
    )
    scopes: list[Annotated[str, Field(json_schema_extra={"pattern": domain.SCOPE_PATTERN})]] = Field(
        description=f"At most {domain.MOST_SCOPES} grants, as users have them, or `{domain.REVOCATIONS_SCOPE}`.",
        examples=[["read:default"]],
        json_schema_extra={"maxItems": domain.MOST_SCOPES, "uniqueItems": True},
    )


class ClientAnswer(BaseModel):
    """A service account."""

    client_id: str
    scopes: list[str]
    created_at: datetime


class ClientSecretAnswer(ClientAnswer):
    """A service account and its secret."""

    client_secret: str = Field(description="256 random bits, base64url. It is shown this once")


class ClientsAnswer(BaseModel):
    """Service accounts by id."""

    clients: list[ClientAnswer]


@router.post("/clients", status_code=201, response_model=ClientSecretAnswer)
@raises(AdministratorRequiredError, ClientIdTakenError, StoreUnavailableError, StoreFullError)
async def create_client(
    body: CreateClientBody,
    caller: Authenticated,
    require_administrator: FromDishka[RequireAdministrator],
    use_case: FromDishka[CreateClient],
) -> Answer:
    """Make a service account. For administrators."""
    by = await require_administrator(caller)
    return _answer(await use_case(by, body.client_id, body.scopes), 201)


@router.get("/clients")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_clients(
    caller: Authenticated,
    require_administrator: FromDishka[RequireAdministrator],
    use_case: FromDishka[ListClients],
    after: Annotated[str, Query(description="The last client id of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most")] = 100,
) -> ClientsAnswer:
    """List service accounts. For administrators."""
    await require_administrator(caller)
    return ClientsAnswer(clients=[_show(client) for client in await use_case(after, limit)])


@router.post("/clients/{client_id}/secret", response_model=ClientSecretAnswer)
@raises(AdministratorRequiredError, NoSuchClientError, StoreUnavailableError)
async def change_client_secret(
    client_id: str,
    caller: Authenticated,
    require_administrator: FromDishka[RequireAdministrator],
    use_case: FromDishka[ChangeClientSecret],
) -> Answer:
    """Give a service account a new secret. The old one and its access tokens are worth nothing any more. For administrators."""
    by = await require_administrator(caller)
    return _answer(await use_case(by, client_id), 200)


@router.delete("/clients/{client_id}", status_code=204)
@raises(AdministratorRequiredError, NoSuchClientError, StoreUnavailableError)
async def delete_client(
    client_id: str,
    caller: Authenticated,
    require_administrator: FromDishka[RequireAdministrator],
    use_case: FromDishka[DeleteClient],
) -> None:
    """Remove a service account; its access tokens are worth nothing any more. For administrators."""
    await use_case(await require_administrator(caller), client_id)


def _show(client: domain.Client) -> ClientAnswer:
    return ClientAnswer(client_id=client.id, scopes=list(client.scopes), created_at=client.created_at)


def _answer(made: ClientWithSecret, status: int) -> Answer:
    answer = ClientSecretAnswer(**_show(made.client).model_dump(), client_secret=made.secret.text)
    return Answer(answer.model_dump_json().encode(), status, headers=NO_STORE)
