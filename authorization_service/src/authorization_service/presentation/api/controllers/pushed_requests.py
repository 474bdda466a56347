"""The endpoint for pushed authorization requests (RFC 9126)."""

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from authorization_service.application.authorize.authorization_request import RefusedRequestError, UntrustedRequestError
from authorization_service.application.authorize.push_request import PUSHED_LIFETIME, PushRequest
from authorization_service.application.client.authenticate_client import AuthenticateClient
from authorization_service.domain.exceptions import InvalidClientError, PushingRefusedError
from authorization_service.presentation.api.controllers.oauth import Authorization, ClientForm
from authorization_service.presentation.api.oauth import (
    NOT_CACHED,
    InvalidPushedRequestError,
    TokenOperation,
    read_client_credentials,
    render_oauth_error,
)
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["oauth"], route_class=TokenOperation)

_REASONS = {
    "unknown_redirect_uri": "redirect_uri is not one that the client has registered",
    "invalid_request": "the request is too long, or has a request_uri itself",
}


class PushedRequestForm(ClientForm):
    """An authorization request, with the parameters of `/authorize`, and the client's credentials."""

    model_config = ConfigDict(extra="allow")

    response_type: str = Field("", description="`code`")
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    nonce: str = ""
    prompt: str = ""
    max_age: str = ""
    login_hint: str = ""
    id_token_hint: str = ""
    code_challenge: str = Field("", description="RFC 7636")
    code_challenge_method: str = Field("", description="`S256`")


class PushedRequestResponse(BaseModel):
    """What the browser is sent to `/authorize` with, beside `client_id` (section 2.2)."""

    request_uri: str
    expires_in: int = Field(description="Seconds until which a browser must have presented it")


@router.post("/par", status_code=201, response_model=PushedRequestResponse)
@raises(InvalidClientError, PushingRefusedError, InvalidPushedRequestError, StoreUnavailableError, StoreFullError)
@sends(NOT_CACHED)
async def push_authorization_request(
    body: PushedRequestForm,
    authenticate: FromDishka[AuthenticateClient],
    push: FromDishka[PushRequest],
    authorization: Authorization = None,
) -> Response:
    """Keep an authorization request of a confidential client, so that the browser carries only a reference to it."""
    credentials = read_client_credentials(authorization, body.client_id, body.client_secret)
    if credentials is None:
        raise InvalidClientError
    client = (await authenticate(credentials)).client
    if body.client_id not in (None, client.id):
        raise InvalidPushedRequestError("client_id is another one than that of the credentials")
    fields = body.model_dump(exclude={"client_secret"}) | {"client_id": client.id}
    try:
        request_uri = await push(client, {name: str(value) for name, value in fields.items() if value})
    except UntrustedRequestError as error:
        raise InvalidPushedRequestError(_REASONS[error.code]) from None
    except RefusedRequestError as error:
        return render_oauth_error(error.code, error.description)
    answer = PushedRequestResponse(request_uri=request_uri, expires_in=int(PUSHED_LIFETIME.total_seconds()))
    return Response(answer.model_dump_json().encode(), 201, headers=NOT_CACHED)
