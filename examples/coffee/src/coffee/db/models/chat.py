"""Rooms, under coffees or for everything."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Room(BaseModel):
    """A room, under `rooms/{id}`. `coffee`: what is discussed there; None: anything."""

    model_config = ConfigDict(frozen=True)

    id: str
    topic: str
    coffee: str | None = None
    created_by: str
    created_at: datetime


class Presence(BaseModel):
    """A connection of a user who is in a room, under `chats/{room}/presence/{user}/{connection}`; it expires."""

    model_config = ConfigDict(frozen=True)

    user: str
    name: str
