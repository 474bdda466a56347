"""Profiles."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from coffee.api.schemas import Body, Name, NotNull
from coffee.core.security import Role


class UserOut(BaseModel):
    """A profile."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    username: str
    name: str
    about: str
    role: Role


class UserIn(Body):
    """What one changes of one's profile; what is absent stays."""

    name: Annotated[Name | None, NotNull] = None
    about: Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=500), NotNull] = None


class RoleIn(Body):
    """A role to be given."""

    role: Role
