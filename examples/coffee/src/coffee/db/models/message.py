"""What is said in rooms."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """An entry of a room's log, under `chats/{room}/log/{number}`: 1, 2, 3 and so on, without a gap.

    A message, or the removal of one: the `text` of `message` is gone. So whoever has seen all numbers has seen everything.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    kind: Literal["message", "removal"]
    author: str
    author_name: str
    at: datetime
    text: str | None = None
    message: int | None = None
