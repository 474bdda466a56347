"""A user of the store."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from authorization_service.domain.value_objects.person_name import PersonName
from authorization_service.domain.value_objects.username import Username

# What every user may do; scopes name an action and a namespace.
DEFAULT_SCOPES = ("read:default", "write:default")


class Role(StrEnum):
    """What a user is beside being a user."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class User:
    """Someone who has registered. `id` never changes and is what access tokens name."""

    id: UUID
    username: Username
    password_hash: str = field(repr=False)
    first_name: PersonName
    last_name: PersonName
    role: Role
    created_at: datetime

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the user's access tokens allow."""
        return DEFAULT_SCOPES
