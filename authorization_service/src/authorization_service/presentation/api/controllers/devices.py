"""The device authorization endpoint (RFC 8628, section 3.1)."""

from typing import Annotated
from urllib.parse import urlencode

from dishka import FromDishka
from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from authorization_service.application.client.authenticate_client import AuthenticateClient
from authorization_service.application.device.sign_in_devices import BeginDevice
from authorization_service.domain.exceptions import InvalidClientError, InvalidScopeError
from authorization_service.domain.value_objects.device_policy import INTERVAL, LIFETIME
from authorization_service.presentation.api.controllers.oauth import ClientForm
from authorization_service.presentation.api.oauth import NOT_CACHED, Issuer, TokenOperation, read_client_credentials
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.server.response import Response

router = APIRouter(tags=["oauth"], route_class=TokenOperation)


class DeviceForm(ClientForm):
    """What a device asks for."""

    scope: str = Field("", description="Requested scopes, separated by spaces")


class DeviceResponse(BaseModel):
    """The codes of a device (RFC 8628, section 3.2)."""

    device_code: str = Field(description="What the device asks `POST /token` with")
    user_code: str = Field(description="What the user types at `verification_uri`")
    verification_uri: str
    verification_uri_complete: str = Field(description="With the code, as for a QR code")
    expires_in: int = Field(description="Seconds for which the codes are valid")
    interval: int = Field(description="Seconds between two requests for tokens")


@router.post("/device_authorization", response_model=DeviceResponse)
@raises(InvalidClientError, InvalidScopeError, StoreUnavailableError, StoreFullError)
@sends(NOT_CACHED)
async def authorize_device(
    body: DeviceForm,
    url: PublicUrl,
    issuer: FromDishka[Issuer],
    authenticate: FromDishka[AuthenticateClient],
    begin: FromDishka[BeginDevice],
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Let a device without a browser wait for a user that signs in elsewhere."""
    credentials = read_client_credentials(authorization, body.client_id, body.client_secret)
    if credentials is None:
        raise InvalidClientError
    codes = await begin((await authenticate(credentials)).client, body.scope)
    page = f"{str(url) if url.origin else issuer.rstrip('/')}/device"
    answer = DeviceResponse(
        device_code=codes.code.text,
        user_code=str(codes.user_code),
        verification_uri=page,
        verification_uri_complete=f"{page}?{urlencode({'user_code': str(codes.user_code)})}",
        expires_in=int(LIFETIME.total_seconds()),
        interval=int(INTERVAL.total_seconds()),
    )
    return Response(answer.model_dump_json().encode(), headers=NOT_CACHED)
