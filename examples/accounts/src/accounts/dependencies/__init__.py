"""What requests have in common: services, the caller and its role, the part of a listing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request

from accounts.exceptions import MissingRoleError
from accounts.services.contact_types import ContactTypeService
from accounts.services.pages import Part
from accounts.services.user_contacts import UserContactService
from accounts.services.user_groups import UserGroupService
from accounts.services.users import UserService
from key_value_client.authentication import Caller
from key_value_client.fastapi import get_caller

Role = Literal["read", "write", "admin"]


@dataclass(frozen=True)
class Services:
    """Everything that is made once for the process. `namespace`: the name that grants give roles on."""

    namespace: str
    users: UserService
    contact_types: ContactTypeService
    contacts: UserContactService
    groups: UserGroupService


def get_services(request: Request) -> Services:
    """Return the services of the application."""
    services: Services = request.app.state.services
    return services


ServicesNeeded = Annotated[Services, Depends(get_services)]


def find_roles(caller: Caller, namespace: str) -> set[str]:
    """Return what a caller's grants on the service's namespace allow: `admin` covers both others."""
    roles = set()
    for grant in caller.scope:
        action, _, pattern = grant.partition(":")
        if pattern == namespace or (pattern.endswith("*") and namespace.startswith(pattern[:-1])):
            roles |= {"read", "write", "admin"} if action == "admin" else {action}
    return roles


def require(role: Role) -> Callable[..., Awaitable[Caller]]:
    """Return a dependency that returns a caller with the role. It raises MissingRoleError."""

    async def get(caller: Annotated[Caller, Depends(get_caller)], services: ServicesNeeded) -> Caller:
        if role not in find_roles(caller, services.namespace):
            raise MissingRoleError(f"This takes the grant {role}:{services.namespace}.")
        return caller

    return get


Reader = Depends(require("read"))
Writer = Depends(require("write"))
Administrator = Depends(require("admin"))
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Limit = Annotated[int, Query(ge=1, le=100, description="Items of a page")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]


def get_part(sort: Literal["created_at", "-created_at"] = "created_at", limit: Limit = 20, cursor: Cursor = None) -> Part:
    """Return the part of a listing by age that is asked for."""
    return Part(limit, cursor, is_reversed=sort.startswith("-"))


PartByAge = Annotated[Part, Depends(get_part)]
