"""Rooms, what is said there, and notifications."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from coffee.api.schemas import Body, Name, Text


class RoomCreate(Body):
    """A room to be opened: under a coffee, or for anything."""

    topic: Name
    coffee: Annotated[str, StringConstraints(max_length=64)] | None = None


class RoomOut(BaseModel):
    """A room."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    topic: str
    coffee: str | None
    created_by: str
    created_at: datetime


class MessageIn(Body):
    """Something to be said."""

    text: Text


class EntryOut(BaseModel):
    """An entry of a room's log: a `message` (`text` is null if it was removed since), or the `removal` of `message`.

    `number`: 1, 2, 3 and so on in each room, without a gap.
    """

    model_config = ConfigDict(from_attributes=True)

    number: int
    kind: Literal["message", "removal"]
    author: str
    author_name: str
    at: datetime
    text: str | None
    message: int | None


class PresentOut(BaseModel):
    """A user who is in a room."""

    model_config = ConfigDict(from_attributes=True)

    user: str
    name: str


class NotificationOut(BaseModel):
    """What you are told of a new message (`subject`: its room) or review (`subject`: its coffee)."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Literal["message", "review"]
    subject: str
    text: str
    at: datetime
    is_read: bool


class WaitingOut(BaseModel):
    """An event of which not everybody was told yet."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Literal["message", "review"]
    subject: str
    at: datetime
