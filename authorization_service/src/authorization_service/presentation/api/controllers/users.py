"""Registering."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from authorization_service.application.user.register_user import RegisterUser, RegisterUserRequest
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import UsernameTakenError
from authorization_service.domain.value_objects import password, person_name, username
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["users"], route_class=Operation)

# The rules are the domain's; here they are only told to the reader of the OpenAPI document.
Name = Annotated[
    str,
    Field(
        description="Letters of any script, with single hyphens, apostrophes or spaces between them.",
        json_schema_extra={
            "minLength": person_name.SHORTEST,
            "maxLength": person_name.LONGEST,
            "pattern": person_name.PATTERN,
        },
    ),
]

NewPassword = Annotated[
    SecretStr,
    Field(
        description="With a lower and an upper case letter, a digit and a special character, without the username. None of the "
        "10,000 commonest.",
        examples=["Correct-horse-7"],
        json_schema_extra={"minLength": password.SHORTEST, "maxLength": password.LONGEST},
    ),
]


class RegisterBody(Body):
    """Who wants to become a user."""

    username: Annotated[
        str,
        Field(
            description="Unique without regard to case.",
            examples=["anna"],
            json_schema_extra={
                "minLength": username.SHORTEST,
                "maxLength": username.LONGEST,
                "pattern": username.PATTERN,
            },
        ),
    ]
    password: NewPassword
    first_name: Annotated[Name, Field(examples=["Anna"])]
    last_name: Annotated[Name, Field(examples=["Petrova-Smith"])]


class UserResponse(BaseModel):
    """A user, without anything secret."""

    id: UUID = Field(description="UUIDv7 (RFC 9562)")
    username: str
    first_name: str
    last_name: str
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """Return what is shown of a user."""
        return cls(**describe(user))


def describe(user: User) -> dict[str, Any]:
    """Return what everybody who may see a user is shown."""
    return {
        "id": user.id,
        "username": user.username.value,
        "first_name": user.first_name.value,
        "last_name": user.last_name.value,
        "created_at": user.created_at,
    }


@router.post("/register", status_code=201)
@raises(UsernameTakenError, BusyError, StoreUnavailableError, StoreFullError)
async def register(body: RegisterBody, register_user: FromDishka[RegisterUser]) -> UserResponse:
    """Register a user, who may then log in."""
    user = await register_user(
        RegisterUserRequest(
            username=body.username,
            password=body.password.get_secret_value(),
            first_name=body.first_name,
            last_name=body.last_name,
        )
    )
    return UserResponse.of(user)
