"""Login and token refresh."""

from collections.abc import Iterable
from typing import Any, Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from authorization_service.application.auth.authenticate import SecondFactorCredentials
from authorization_service.application.auth.authenticate_by_passkey import BeginPasskeyLogin, PasskeyCredentials
from authorization_service.application.auth.log_in import LogIn, LogInByPasskey, LogInBySecondFactor, LogInRequest
from authorization_service.application.session.refresh_session import RefreshSession, RefreshSessionRequest
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.exceptions import (
    InvalidMfaTokenError,
    InvalidRefreshTokenError,
    PasskeysUnavailableError,
    SecondFactorMissingError,
    SecondFactorRequiredError,
    WrongCodeError,
    WrongCredentialsError,
    WrongPasskeyError,
)
from authorization_service.presentation.api.controllers.factors import PasskeyChallengeResponse
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError, TooManyAttemptsError
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises, sends
from shared_kernel.presentation.http.server.response import NO_STORE, Response

router = APIRouter(tags=["login"], route_class=Operation)


class LoginBody(Body):
    """Credentials of a user."""

    username: str = Field(examples=["anna"])
    password: SecretStr = Field(examples=["Correct-horse-7"])


class SecondFactorBody(Body):
    """The second step of a login."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"code": {"type": "string"}}, "required": ["code"]},
                {"properties": {"passkey": {"type": "object"}}, "required": ["passkey"]},
            ],
            "additionalProperties": False,
        }
    )

    mfa_token: SecretStr = Field(description="From the problem `second-factor-required` of the first step")
    code: SecretStr | None = Field(
        None, description="The code that an authenticator app shows now, or a recovery code", examples=["492039"]
    )
    passkey: dict[str, Any] | None = Field(
        None, description="Instead of a code: the browser's AuthenticationResponseJSON for `passkey_options`"
    )

    def find_missing(self) -> Iterable[str]:
        """Return `code`, unless there is that or a passkey."""
        return ["code"] if self.code is None and self.passkey is None else []


class PasskeyBody(Body):
    """A login by passkey."""

    challenge: str
    passkey: dict[str, Any] = Field(description="The browser's AuthenticationResponseJSON for the options")


class RefreshBody(Body):
    """The refresh token of a session."""

    refresh_token: SecretStr = Field(description="Latest refresh token of the session; valid for one use")


class TokensResponse(BaseModel):
    """The tokens of a session (RFC 6749, section 5.1)."""

    access_token: str = Field(description="A JSON Web Token (RFC 9068), signed with RS256")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type of the token, by RFC 6750
    expires_in: int = Field(description="Seconds for which the access token is valid")
    refresh_token: str = Field(description="Opaque; to be exchanged once for the next tokens")


@router.post("/login", response_model=TokensResponse)
@sends(NO_STORE)
@raises(
    WrongCredentialsError, SecondFactorRequiredError, SecondFactorMissingError, TooManyAttemptsError, BusyError,
    StoreFullError, StoreUnavailableError,
)  # fmt: skip
async def log_in(body: LoginBody, client: ClientInfo, use_case: FromDishka[LogIn]) -> Response:
    """Open a session with a username and a password.

    For a user with a second factor, the right password gets the problem `second-factor-required`, with the members `mfa_token`,
    `expires_in` (seconds), `factors` (`totp`, `passkey`, `recovery_code`) and, for passkeys, `passkey_options`: log in by
    `POST /login/second-factor`.
    """
    return _answer(await use_case(LogInRequest(body.username, body.password.get_secret_value(), client)))


@router.post("/login/second-factor", response_model=TokensResponse)
@sends(NO_STORE)
@raises(
    InvalidMfaTokenError, WrongCodeError, WrongCredentialsError, TooManyAttemptsError, BusyError, StoreFullError,
    StoreUnavailableError,
)  # fmt: skip
async def log_in_by_second_factor(
    body: SecondFactorBody, client: ClientInfo, use_case: FromDishka[LogInBySecondFactor]
) -> Response:
    """Open a session with the second factor, after the password. The token is for one login; a code is accepted once."""
    proof = body.code.get_secret_value() if body.code is not None else body.passkey or {}
    return _answer(await use_case(SecondFactorCredentials(body.mfa_token.get_secret_value(), proof, client)))


@router.post("/login/passkey/begin")
@raises(PasskeysUnavailableError, StoreFullError, StoreUnavailableError)
async def begin_passkey_login(use_case: FromDishka[BeginPasskeyLogin]) -> PasskeyChallengeResponse:
    """Make a challenge for a login by passkey, without a name or a password."""
    return PasskeyChallengeResponse.of(await use_case())


@router.post("/login/passkey", response_model=TokensResponse)
@sends(NO_STORE)
@raises(WrongPasskeyError, WrongCredentialsError, TooManyAttemptsError, BusyError, StoreFullError, StoreUnavailableError)
async def log_in_by_passkey(body: PasskeyBody, client: ClientInfo, use_case: FromDishka[LogInByPasskey]) -> Response:
    """Open a session by a passkey alone, which must have verified its user by PIN or biometrics. A challenge is for one login."""
    return _answer(await use_case(PasskeyCredentials(body.challenge, body.passkey, client)))


@router.post("/refresh", response_model=TokensResponse)
@sends(NO_STORE)
@raises(InvalidRefreshTokenError, StoreFullError, StoreUnavailableError)
async def refresh(body: RefreshBody, client: ClientInfo, use_case: FromDishka[RefreshSession]) -> Response:
    """Exchange a refresh token for an access token and the next refresh token.

    For some seconds after its first use, a refresh token yields the same next one again. A use after that, or after the next one
    has been used, means that it may be stolen, and ends the session (RFC 9700, section 4.14.2).
    """
    return _answer(await use_case(RefreshSessionRequest(body.refresh_token.get_secret_value(), client)))


def _answer(tokens: SessionTokens) -> Response:
    answer = TokensResponse(
        access_token=tokens.access_token.token,
        expires_in=tokens.access_token.expires_in,
        refresh_token=tokens.refresh_token.text,
    )
    return Response(answer.model_dump_json().encode(), headers=NO_STORE)
