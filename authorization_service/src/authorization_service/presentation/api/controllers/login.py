"""Logging in."""

from typing import Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from authorization_service.application.auth.log_in import LogIn, LogInRequest
from authorization_service.domain.exceptions import WrongCredentialsError
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import BusyError, StoreUnavailableError
from shared_kernel.presentation.http.answer import NO_STORE, Answer
from shared_kernel.presentation.http.body import Body
from shared_kernel.presentation.http.direct_route import raises

router = APIRouter(tags=["login"], route_class=Operation)


class LoginBody(Body):
    """What someone claims."""

    username: str = Field(examples=["anna"])
    password: SecretStr = Field(examples=["Correct-horse-7"])


class LoginAnswer(BaseModel):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str = Field(description="A JSON Web Token (RFC 9068), signed with RS256")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type of the token, by RFC 6750
    expires_in: int = Field(description="Seconds for which the token is valid")


@router.post("/login", response_model=LoginAnswer)
@raises(WrongCredentialsError, BusyError, StoreUnavailableError)
async def log_in(body: LoginBody, use_case: FromDishka[LogIn]) -> Answer:
    """Exchange a username and a password for an access token."""
    token = await use_case(LogInRequest(body.username, body.password.get_secret_value()))
    answer = LoginAnswer(access_token=token.token, expires_in=token.expires_in)
    return Answer(answer.model_dump_json().encode(), headers=NO_STORE)
