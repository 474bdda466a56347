"""Registration."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from authorization_service.application.user.register_oneself import RegisterOneself
from authorization_service.application.user.register_user import RegisterUserRequest
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import RegistrationClosedError, UsernameTakenError
from authorization_service.domain.value_objects import password, person_name, username
from authorization_service.presentation.api.problems import Operation
from shared_kernel.application.availability import BusyError, StoreFullError, StoreUnavailableError
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["users"], route_class=Operation)

# The domain checks the rules; here they are only documented.
Name = Annotated[
    str,
    Field(
        description="Letters of any script, at least one; also digits, punctuation, and spaces inside.",
        json_schema_extra={
            "minLength": person_name.MIN_LENGTH,
            "maxLength": person_name.MAX_LENGTH,
            "pattern": person_name.PATTERN,
        },
    ),
]

NewPassword = Annotated[
    SecretStr,
    Field(
        description="Has a lower case and an upper case letter, a digit and a special character; does not contain the username; "
        "is none of the 10,000 most common passwords.",
        examples=["Correct-horse-7"],
        json_schema_extra={"minLength": password.MIN_LENGTH, "maxLength": password.MAX_LENGTH},
    ),
]


class RegisterBody(Body):
    """A user to register."""

    username: Annotated[
        str,
        Field(
            description="Unique without regard to case.",
            examples=["anna"],
            json_schema_extra={
                "minLength": username.MIN_LENGTH,
                "maxLength": username.MAX_EMAIL_LENGTH,
                "pattern": username.PATTERN,
            },
        ),
    ]
    password: NewPassword
    first_name: Annotated[Name, Field(examples=["Anna"])]
    last_name: Annotated[Name | None, Field(examples=["Petrova-Smith"], description="Absent or null where there is none")] = None


class UserResponse(BaseModel):
    """A user, without secrets."""

    id: UUID = Field(description="UUIDv7 (RFC 9562)")
    username: str
    first_name: str
    last_name: str | None = Field(description="null where there is none")
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the response for a user."""
        return cls(**describe(user))


def describe(user: User) -> dict[str, Any]:
    """Return the members that all responses with a user have in common."""
    return {
        "id": user.id,
        "username": user.username.value,
        "first_name": user.first_name.value,
        "last_name": None if user.last_name is None else user.last_name.value,
        "created_at": user.created_at,
    }


@router.post("/register", status_code=201)
@raises(RegistrationClosedError, UsernameTakenError, BusyError, StoreUnavailableError, StoreFullError)
async def register(body: RegisterBody, register_oneself: FromDishka[RegisterOneself]) -> UserResponse:
    """Register a user."""
    user = await register_oneself(
        RegisterUserRequest(
            username=body.username,
            password=body.password.get_secret_value(),
            first_name=body.first_name,
            last_name=body.last_name,
        )
    )
    return UserResponse.of(user)
