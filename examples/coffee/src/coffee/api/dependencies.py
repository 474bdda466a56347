"""What requests have in common: services, the current user and its role, the part of a listing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from coffee.core.errors import MissingRoleError
from coffee.core.security import Role
from coffee.db.models.user import User
from coffee.services.chat_service import ChatService
from coffee.services.coffee_service import CoffeeService
from coffee.services.live import LiveRooms
from coffee.services.notification_service import NotificationService
from coffee.services.pages import Part
from coffee.services.review_service import ReviewService
from coffee.services.user_service import UserService
from key_value_client.authentication import AsyncAuthenticator, Caller
from key_value_client.fastapi import get_caller


@dataclass(frozen=True)
class Services:
    """Everything that is made once for the process."""

    users: UserService
    coffees: CoffeeService
    reviews: ReviewService
    chats: ChatService
    live: LiveRooms
    notifications: NotificationService


def get_services(connection: HTTPConnection) -> Services:
    """Return the services of the application, for a request or a WebSocket."""
    services: Services = connection.app.state.services
    return services


def get_authenticator(connection: HTTPConnection) -> AsyncAuthenticator:
    """Return what tells whose a token is."""
    authenticator: AsyncAuthenticator = connection.app.state.authenticator
    return authenticator


ServicesNeeded = Annotated[Services, Depends(get_services)]
AuthenticatorNeeded = Annotated[AsyncAuthenticator, Depends(get_authenticator)]


async def get_user(caller: Annotated[Caller, Depends(get_caller)], services: ServicesNeeded) -> User:
    """Return the current user. Raises NotAuthenticated."""
    return await services.users.ensure(caller)


UserNeeded = Annotated[User, Depends(get_user)]


def require(role: Role) -> Callable[..., Awaitable[User]]:
    """Return a dependency that returns the current user, who has a role. It raises MissingRoleError."""

    async def get(user: UserNeeded) -> User:
        if not user.may(role):
            raise MissingRoleError(f"This takes the role {role}.")
        return user

    return get


RoasterNeeded = Annotated[User, Depends(require("roaster"))]
ModeratorNeeded = Annotated[User, Depends(require("moderator"))]
AdministratorNeeded = Annotated[User, Depends(require("administrator"))]
Id = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]


def get_part(
    limit: Annotated[int, Query(ge=1, le=100, description="Items of a page")] = 20,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")] = None,
) -> Part:
    """Return the part of a listing that is asked for."""
    return Part(limit, cursor)


PartNeeded = Annotated[Part, Depends(get_part)]
ByAge = Literal["created_at", "-created_at"]
"""The order of a listing whose ids grow; with `-`, the newest first."""
