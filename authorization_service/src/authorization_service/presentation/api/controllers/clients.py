"""Administration of clients."""

from datetime import datetime
from typing import Annotated

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from authorization_service.application.client.manage_clients import (
    ChangeClientSecret,
    ClientWithSecret,
    CreateClient,
    DeleteClient,
    ListClients,
)
from authorization_service.domain.entities import client as domain
from authorization_service.domain.exceptions import AdministratorRequiredError, ClientIdTakenError, NoSuchClientError
from authorization_service.domain.value_objects import redirect_uri
from authorization_service.presentation.api.controllers.administration import Cursor, NextCursor, PageSize
from authorization_service.presentation.api.controllers.users import Name
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["clients"], route_class=Operation)


_HOSTS = r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(127\.0\.0\.1|localhost)"
_REST = r"(/[A-Za-z0-9._~-]*)*(\?[A-Za-z0-9._~=&-]*)?$"

# The domain checks the rules; here they are only documented, for the usual addresses.
WebAddress = Annotated[
    str, Field(json_schema_extra={"pattern": rf"^({_HOSTS})(:[0-9]{{1,4}})?{_REST}", "maxLength": redirect_uri.MAX_URI})
]
Address = Annotated[
    str,
    Field(
        json_schema_extra={
            "pattern": rf"^(({_HOSTS})(:[0-9]{{1,4}})?|[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:){_REST}",
            "maxLength": redirect_uri.MAX_URI,
        }
    ),
]
_ADDRESSES: dict[str, JsonValue] = {"maxItems": domain.MAX_URIS, "uniqueItems": True}


class ApplicationFields(BaseModel):
    """What a client that users sign in to has registered."""

    redirect_uris: list[Address] = Field(
        [], description="Where authorization codes are sent to; none: users do not sign in to it", json_schema_extra=_ADDRESSES
    )
    post_logout_redirect_uris: list[Address] = Field(
        [], description="Where browsers may be sent after signing out", json_schema_extra=_ADDRESSES
    )
    first_party: bool = Field(False, description="Whether users are not asked for consent: it is the service's operator's own")
    name: Name | None = Field(None, description="What users know it by; without it, its id", examples=["Reports"])
    logo_uri: WebAddress | None = Field(
        None, description="A picture that users are shown", examples=["https://example.com/logo.png"]
    )
    backchannel_logout_uri: WebAddress | None = Field(
        None,
        description="Where the service tells it of logouts (OpenID Connect Back-Channel Logout 1.0)",
        examples=["https://example.com/logout"],
    )
    require_pushed_authorization_requests: bool = Field(
        False, description="Whether its authorization requests must be pushed (RFC 9126, section 6); not for a public client"
    )


class CreateClientBody(Body, ApplicationFields):
    """A new client. A public one needs an address, and has no scopes of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "additionalProperties": False,
            "oneOf": [
                {"properties": {"public": {"const": False}}},
                {
                    "properties": {
                        "public": {"const": True},
                        "scopes": {"maxItems": 0},
                        "redirect_uris": {"minItems": 1},
                        "require_pushed_authorization_requests": {"const": False},
                    },
                    "required": ["public", "redirect_uris"],
                },
            ],
        }
    )

    client_id: str = Field(
        examples=["reporter"],
        json_schema_extra={"minLength": 1, "maxLength": domain.MAX_ID, "pattern": domain.ID_PATTERN},
    )
    public: bool = Field(False, description="Whether it has no secret: a program on users' devices or in their browsers")
    scopes: list[Annotated[str, Field(json_schema_extra={"pattern": domain.SCOPE_PATTERN})]] = Field(
        default_factory=list,
        description=f"Of its own tokens. At most {domain.MAX_SCOPES}: grants, as users have them, or"
        f" `{domain.REVOCATIONS_SCOPE}`. A public client has none.",
        examples=[["read:default"]],
        json_schema_extra={"maxItems": domain.MAX_SCOPES, "uniqueItems": True},
    )


class ClientResponse(ApplicationFields):
    """A client."""

    client_id: str
    public: bool
    scopes: list[str]
    created_at: datetime


class ClientSecretResponse(ClientResponse):
    """A client and its secret."""

    client_secret: str | None = Field(description="256 random bits, base64url. Shown only in this response; null if it is public")


class ClientsResponse(BaseModel):
    """Clients, ordered by id."""

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
    """Create a client: a service account, or one that users sign in to. Requires an administrator."""
    made = await use_case(caller, body.client_id, body.scopes, is_public=body.public, application=_read_application(body))
    return _answer(made, 201)


@router.get("/clients")
@raises(AdministratorRequiredError, StoreUnavailableError)
async def list_clients(
    caller: Authenticated,
    use_case: FromDishka[ListClients],
    limit: PageSize = 100,
    cursor: Cursor = "",
) -> ClientsResponse:
    """List clients. Requires an administrator."""
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
    """Replace the secret of a client. The old secret and its access tokens become invalid. Requires an administrator."""
    return _answer(await use_case(caller, client_id), 200)


@router.delete("/clients/{client_id}", status_code=204)
@raises(AdministratorRequiredError, NoSuchClientError, StoreUnavailableError, StoreFullError)
async def delete_client(
    client_id: str,
    caller: Authenticated,
    use_case: FromDishka[DeleteClient],
) -> None:
    """Delete a client, revoke its access tokens and end its sessions of users. Requires an administrator."""
    await use_case(caller, client_id)


def _show(client: domain.Client) -> ClientResponse:
    application = client.application
    return ClientResponse(
        client_id=client.id,
        public=client.is_public,
        scopes=list(client.scopes),
        created_at=client.created_at,
        redirect_uris=list(application.redirect_uris),
        post_logout_redirect_uris=list(application.post_logout_redirect_uris),
        first_party=application.is_first_party,
        name=application.name,
        logo_uri=application.logo_uri,
        backchannel_logout_uri=application.backchannel_logout_uri,
        require_pushed_authorization_requests=application.must_push_requests,
    )


def _read_application(body: CreateClientBody) -> domain.Application:
    return domain.Application(
        redirect_uris=tuple(body.redirect_uris),
        post_logout_redirect_uris=tuple(body.post_logout_redirect_uris),
        is_first_party=body.first_party,
        name=body.name,
        logo_uri=body.logo_uri,
        must_push_requests=body.require_pushed_authorization_requests,
        backchannel_logout_uri=body.backchannel_logout_uri,
    )


def _answer(made: ClientWithSecret, status: int) -> Response:
    answer = ClientSecretResponse(
        **_show(made.client).model_dump(), client_secret=None if made.secret is None else made.secret.text
    )
    return Response(answer.model_dump_json().encode(), status, headers=NO_STORE)
