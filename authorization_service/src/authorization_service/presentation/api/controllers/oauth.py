"""The OAuth 2 endpoints of RFC 6749, 7009, 7662 and 8414, and those of OpenID Connect that are no pages."""

from typing import Annotated, Any, Literal, TypeVar

import orjson
from dishka import FromDishka
from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from authorization_service.application.auth.access_token_issuer import AccessToken
from authorization_service.application.auth.log_in import LogIn, LogInRequest
from authorization_service.application.authorize.redeem_code import RedeemCode, RedeemCodeRequest
from authorization_service.application.client.authenticate_client import AuthenticateClient, ClientCredentials
from authorization_service.application.client.log_in_client import LogInClient
from authorization_service.application.device.sign_in_devices import RedeemDeviceCode
from authorization_service.application.session.find_token import IntrospectToken, RevokeToken, TokenFacts
from authorization_service.application.session.refresh_session import RefreshSession, RefreshSessionRequest
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.application.user.describe_user import DescribeUser
from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.domain.exceptions import (
    AccessDeniedError,
    AdministratorRequiredError,
    AuthorizationPendingError,
    CodeExpiredError,
    InvalidClientError,
    InvalidCodeError,
    InvalidRefreshTokenError,
    InvalidScopeError,
    NoSuchUserError,
    SecondFactorMissingError,
    SecondFactorRequiredError,
    SlowDownError,
    UnauthorizedClientError,
    UnsupportedTokenTypeError,
    WrongCredentialsError,
)
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.presentation.api.oauth import (
    DEVICE_CODE,
    NOT_CACHED,
    IncompleteRequestError,
    Issuer,
    OAuthOperation,
    TokenOperation,
    UnsupportedGrantTypeError,
    read_client_credentials,
)
from authorization_service.presentation.api.problems import Operation
from authorization_service.presentation.api.server_metadata import describe_server
from shared_kernel.application.authentication import AccessTokenVerifier, Caller, InsufficientScopeError
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError, TooManyAttemptsError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.bearer import Authenticated, extract_token, split_credentials
from shared_kernel.presentation.http.routing.body import FormBody
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.routing.forwarded import PublicUrl
from shared_kernel.presentation.http.server.response import NO_STORE, Headers, Response

router = APIRouter(tags=["oauth"], route_class=OAuthOperation)
token_router = APIRouter(tags=["oauth"], route_class=TokenOperation)
metadata_router = APIRouter(tags=["oauth"], route_class=Operation)

# It depends on what proxies have reported: a client that has forged that through one of them gets it alone.
CACHED: Headers = ((b"cache-control", b"public, max-age=300"), (b"vary", b"forwarded, x-forwarded-proto, x-forwarded-host"))

T = TypeVar("T")
Authorization = Annotated[str | None, Header(include_in_schema=False)]


class ClientForm(FormBody):
    """Client credentials in the body (RFC 6749, section 2.3.1)."""

    client_id: str | None = None
    client_secret: SecretStr | None = None


def _describe_grant(grant_type: str, *needed: str) -> dict[str, Any]:
    """Return the JSON schema of a grant type's required fields."""
    fields = {name: {"minLength": 1} for name in needed}
    return {"properties": {"grant_type": {"const": grant_type}, **fields}, "required": ["grant_type", *needed]}


class TokenForm(ClientForm):
    """A token request (RFC 6749, sections 4.1.3, 4.3.2, 4.4.2 and 6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _describe_grant("authorization_code", "code", "code_verifier"),
                _describe_grant(DEVICE_CODE, "device_code"),
                _describe_grant("password", "username", "password"),
                _describe_grant("refresh_token", "refresh_token"),
                _describe_grant("client_credentials"),
            ]
        }
    )

    grant_type: str = Field(
        json_schema_extra={"enum": ["authorization_code", DEVICE_CODE, "password", "refresh_token", "client_credentials"]}
    )
    username: str | None = None
    password: SecretStr | None = None
    refresh_token: SecretStr | None = None
    code: SecretStr | None = Field(None, description="What the client got at its redirect URI; for one use")
    code_verifier: SecretStr | None = Field(None, description="What the code_challenge was made of (RFC 7636)")
    device_code: SecretStr | None = Field(None, description="What a device got at `POST /device_authorization`")
    redirect_uri: str | None = Field(None, description="That of the authorization request, if it is given")
    scope: str | None = Field(None, description="Requested scopes, separated by spaces; without it, all that are allowed")


class TokenResponse(BaseModel):
    """Tokens (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type of the token, by RFC 6750
    expires_in: int = Field(description="Seconds for which the access token is valid")
    refresh_token: str | None = Field(None, description="Only for users; valid for one use")
    id_token: str | None = Field(None, description="Only for clients that have asked for `openid` (OpenID Connect Core 1.0)")
    scope: str = Field(description="Scope of the access token")


class FindTokenForm(ClientForm):
    """An access token or a refresh token (RFC 7009, section 2.1; RFC 7662, section 2.1)."""

    token: SecretStr
    token_type_hint: str | None = Field(None, description="Ignored: the type of a token is recognized")


class Introspection(BaseModel):
    """Metadata of a token (RFC 7662, section 2.2); only `active` if it is not valid."""

    active: bool
    token_type: str | None = None
    sub: str | None = None
    client_id: str | None = None
    scope: str | None = None
    exp: int | None = None
    iat: int | None = None
    sid: str | None = None
    jti: str | None = None
    acr: str | None = Field(None, description="How strongly the user has authenticated (RFC 9470, section 6.2)")
    auth_time: int | None = Field(None, description="When the user has authenticated")


class UserInfo(BaseModel):
    """Claims about a user (OpenID Connect Core 1.0, section 5.1), as far as the token's scopes allow them."""

    sub: str
    name: str | None = Field(None, description="With the scope `profile`, as the next three")
    given_name: str | None = None
    family_name: str | None = None
    preferred_username: str | None = None
    email: str | None = Field(None, description="With the scope `email`, if the username is an e-mail address")
    email_verified: bool | None = None


@token_router.post("/token", response_model=TokenResponse, response_model_exclude_none=True)
@sends(NOT_CACHED)
@raises(
    AuthorizationPendingError, SlowDownError, AccessDeniedError, CodeExpiredError,
    InvalidClientError, InvalidCodeError, InvalidRefreshTokenError, InvalidScopeError, UnauthorizedClientError,
    WrongCredentialsError, SecondFactorRequiredError, SecondFactorMissingError, UnsupportedGrantTypeError,
    IncompleteRequestError, TooManyAttemptsError, BusyError, StoreFullError, StoreUnavailableError,
)  # fmt: skip
async def issue_token(
    body: TokenForm,
    client: ClientInfo,
    log_in: FromDishka[LogIn],
    refresh: FromDishka[RefreshSession],
    log_in_client: FromDishka[LogInClient],
    redeem: FromDishka[RedeemCode],
    redeem_device_code: FromDishka[RedeemDeviceCode],
    authenticate: FromDishka[AuthenticateClient],
    authorization: Authorization = None,
) -> Response:
    """Exchange an authorization code, a refresh token, a password or client credentials for tokens."""
    credentials = read_client_credentials(authorization, body.client_id, body.client_secret)
    if body.grant_type == "client_credentials":
        return _answer_token(await log_in_client(_require_client(credentials), body.scope))
    if body.grant_type == "authorization_code":
        read = await authenticate(_require_client(credentials))
        code, verifier = _require("code", body.code), _require("code_verifier", body.code_verifier)
        request = RedeemCodeRequest(read.client, code.get_secret_value(), verifier.get_secret_value(), body.redirect_uri, client)
        return _answer_tokens(await redeem(request))
    if body.grant_type == DEVICE_CODE:
        read = await authenticate(_require_client(credentials))
        device_code = _require("device_code", body.device_code).get_secret_value()
        return _answer_tokens(await redeem_device_code(read.client, device_code, client))
    client_id = await _identify(credentials, authenticate)
    if body.grant_type == "password":
        username, password = _require("username", body.username), _require("password", body.password)
        tokens = await log_in(LogInRequest(username, password.get_secret_value(), client, body.scope))
    elif body.grant_type == "refresh_token":
        refresh_token = _require("refresh_token", body.refresh_token).get_secret_value()
        tokens = await refresh(RefreshSessionRequest(refresh_token, client, body.scope, client_id))
    else:
        raise UnsupportedGrantTypeError
    return _answer_tokens(tokens)


@router.post("/revoke", response_model=dict[str, Any])
@sends(NO_STORE)
@raises(InvalidClientError, UnsupportedTokenTypeError, StoreUnavailableError, StoreFullError)
async def revoke_token(
    body: FindTokenForm,
    revoke: FromDishka[RevokeToken],
    authenticate: FromDishka[AuthenticateClient],
    authorization: Authorization = None,
) -> Response:
    """End the session of an access token or a refresh token. Invalid tokens get the same response (RFC 7009, section 2.2)."""
    credentials = read_client_credentials(authorization, body.client_id, body.client_secret)
    await revoke(body.token.get_secret_value(), await _identify(credentials, authenticate))
    return Response(b"{}", headers=NO_STORE)


@router.post("/introspect", response_model=Introspection, response_model_exclude_none=True)
@sends(NO_STORE)
@raises(InvalidClientError, AdministratorRequiredError, StoreUnavailableError)
async def introspect_token(
    body: FindTokenForm,
    introspect: FromDishka[IntrospectToken],
    verifier: FromDishka[AccessTokenVerifier],
    authorization: Authorization = None,
) -> Response:
    """Return the metadata of a token. Requires client credentials or an administrator's Bearer token."""
    if authorization is not None and split_credentials(authorization)[0] == "bearer":
        principal: Caller | ClientCredentials = verifier.verify(
            extract_token({b"authorization": authorization.encode("latin-1")})
        )
    else:
        principal = _require_client(read_client_credentials(authorization, body.client_id, body.client_secret))
    facts = await introspect(principal, body.token.get_secret_value())
    return Response(orjson.dumps(_describe(facts)), headers=NO_STORE)


@metadata_router.get("/.well-known/oauth-authorization-server", response_model=dict[str, Any])
@sends(CACHED)
async def show_server_metadata(issuer: FromDishka[Issuer], url: PublicUrl, register: FromDishka[RegisterOneself]) -> Response:
    """Return the metadata of the authorization server (RFC 8414)."""
    return Response(describe_server(issuer, url, is_registration_open=register.is_open), headers=CACHED)


@metadata_router.get("/.well-known/openid-configuration", response_model=dict[str, Any])
@sends(CACHED)
async def show_provider_metadata(issuer: FromDishka[Issuer], url: PublicUrl, register: FromDishka[RegisterOneself]) -> Response:
    """Return the metadata of the OpenID provider (OpenID Connect Discovery 1.0, section 4)."""
    return Response(describe_server(issuer, url, is_registration_open=register.is_open), headers=CACHED)


@metadata_router.get("/userinfo", response_model=UserInfo, response_model_exclude_none=True)
@raises(InsufficientScopeError, NoSuchUserError, StoreUnavailableError)
@sends(NO_STORE)
async def show_user_info(caller: Authenticated, describe: FromDishka[DescribeUser]) -> Response:
    """Return claims about the token's user, by the token's scopes (OpenID Connect Core 1.0, section 5.3). Requires `openid`."""
    return Response(orjson.dumps(await describe(caller)), headers=NO_STORE)


@metadata_router.post("/userinfo", response_model=UserInfo, response_model_exclude_none=True)
@raises(InsufficientScopeError, NoSuchUserError, StoreUnavailableError)
@sends(NO_STORE)
async def post_user_info(caller: Authenticated, describe: FromDishka[DescribeUser]) -> Response:
    """Return what GET does, as OpenID Connect Core 1.0, section 5.3.1, requires."""
    return Response(orjson.dumps(await describe(caller)), headers=NO_STORE)


async def _identify(credentials: ClientCredentials | None, authenticate: AuthenticateClient) -> str | None:
    """Return the id of the client that has authenticated itself or, if it is public, named itself; None for other names.

    A user's tool may send its name. Raises InvalidClientError for wrong secrets.
    """
    if credentials is None:
        return None
    try:
        return (await authenticate(credentials)).client.id
    except InvalidClientError:
        if credentials.secret is None:
            return None
        raise


def _require_client(credentials: ClientCredentials | None) -> ClientCredentials:
    if credentials is None:
        raise InvalidClientError
    return credentials


def _require(name: str, value: T | None) -> T:
    if value is None:
        raise IncompleteRequestError(name)
    return value


def _answer_tokens(tokens: SessionTokens) -> Response:
    return _answer_token(tokens.access_token, tokens.refresh_token, tokens.id_token)


def _answer_token(token: AccessToken, refresh_token: RefreshToken | None = None, id_token: str | None = None) -> Response:
    answer = TokenResponse(
        access_token=token.token,
        expires_in=token.expires_in,
        refresh_token=None if refresh_token is None else refresh_token.text,
        id_token=id_token,
        scope=token.scope,
    )
    return Response(answer.model_dump_json(exclude_none=True).encode(), headers=NOT_CACHED)


def _describe(facts: TokenFacts | None) -> dict[str, Any]:
    if facts is None:
        return {"active": False}
    members = {
        "token_type": facts.token_type,
        "sub": facts.subject,
        "client_id": facts.client_id,
        "scope": facts.scope,
        "exp": facts.expires_at,
        "iat": facts.issued_at,
        "sid": facts.session_id,
        "jti": facts.token_id,
        "acr": facts.context_class,
        "auth_time": facts.authenticated_at,
    }
    return {"active": True} | {name: value for name, value in members.items() if value not in {"", 0}}
