"""Events, and what users are told of them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from coffee.db.models.user import User

Kind = Literal["message", "review"]
SHOWN_TEXT = 120
"""Characters of a text that notifications have."""


class Event(BaseModel):
    """A new message or review, under `outbox/{id}` until everybody was told of it. `subject`: the room or the coffee."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    subject: str
    author: str
    text: str
    at: datetime

    @classmethod
    def tell(
        cls, event_id: str, kind: Literal["message", "review"], subject: str, user: User, text: str, at: datetime
    ) -> "Event":
        """Return the event of what a user has written."""
        shown = f"{user.name}: {text[:SHOWN_TEXT]}"
        return cls(id=event_id, kind=kind, subject=subject, author=user.id, text=shown, at=at)


class Notification(BaseModel):
    """What a user is told of an event, under `notifications/{user}/{id}`: the event's id, so there is one of each."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    subject: str
    text: str
    at: datetime
    is_read: bool = False
