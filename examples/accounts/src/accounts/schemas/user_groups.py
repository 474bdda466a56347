"""Groups of users, and who is in them."""

from typing import Literal

from pydantic import BaseModel

from accounts.db.records import Record
from accounts.schemas import Body, Description, Name

MemberKind = Literal["user", "group"]


class Group(Record):
    """A group, as it is stored."""

    name: str
    description: str = ""


class UserGroupCreate(Body):
    """A new group."""

    name: Name
    description: Description = ""


class UserGroupUpdate(Body):
    """Changes of a group; what is absent stays."""

    name: Name | None = None
    description: Description | None = None


class UserGroupRead(Group):
    """A group."""


class MembershipRead(BaseModel):
    """A user or a group in a group."""

    kind: MemberKind
    id: str
